import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { subscribe } from "../../core/subscribe/subscribe.ts";
import { MemoryBroker } from "../../server/mod.ts";
import { describeInChromium } from "./browser_suite.ts";

const hook = "useSubscription";

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

describeInChromium("hooks that come back, in Chromium", {}, (suite) => {
  it("show the messages that were published while the connection was lost", async () => {
    const { open, publish, proxy, gateway } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1]);
    await tab.until(({ data }) => data.length === 1);
    proxy.cut();
    await tab.until(({ status }) => status === "reconnecting");
    await publish(channel, [2, 3]);
    proxy.lead(gateway.url);
    const { data } = await tab.until(({ data }) => data.length === 3);
    assertEquals(data, [1, 2, 3]);
    const { gaps, statuses } = await tab.notes();
    assertEquals(gaps, []);
    // A first attempt is told apart from a lost connection.
    assertEquals([...new Set(statuses)], [
      "closed",
      "refresh_token",
      "connecting",
      "active",
      "reconnecting",
    ]);
    await tab.until(({ status }) => status === "active");
  });

  it("ask for a token again when the app could not be reached", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, isMounted: false });
    await using _ = tab;
    await tab.page.route("**/token?*", (route) => route.abort());
    await tab.show({ isMounted: true });
    await tab.until(({ error }) => error === "Cannot get a token");
    await tab.page.unroute("**/token?*");
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1]);
    const { error } = await tab.until(({ data }) => data.length === 1);
    assertEquals(error, undefined);
  });

  it("renew a session that ends, without a gap", async () => {
    const { open, publish, site } = suite();
    const before = site.tokenRequests;
    site.grant({ sessionExpiresIn: 2, expiresIn: 1 });
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    let last = 0;
    while (site.tokenRequests - before < 3) {
      await publish(channel, [++last]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await publish(channel, [++last]);
    const { data } = await tab.until(
      Function("shown", `return shown.last === ${last}`) as () => boolean,
    );
    assertEquals(data, numbers(last));
    assertEquals((await tab.notes()).gaps, []);
    site.grant({});
  });

  it("keep the messages of a hidden page", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook: "useRealtime" });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    await tab.setHidden(true);
    await publish(channel, [1, 2]);
    await tab.setHidden(false);
    const { data } = await tab.until(({ data }) => data.length === 2);
    assertEquals(data, [1, 2]);
    assertEquals(tab.sockets.opened, 1);
  });

  it("keep the messages of a page that the browser has frozen", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    const session = await tab.page.context().newCDPSession(tab.page);
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await publish(channel, numbers(20));
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await publish(channel, [21]);
    const { data } = await tab.until(({ last }) => last === 21);
    assertEquals(data, numbers(21));
  });

  it("disconnect while the page is hidden if `pauseOnHidden` is set, and then show the missed messages", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({
      hook: "useRealtime",
      options: { pauseOnHidden: true },
    });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    // The page is hidden once before any message, and once after some.
    for (const from of [1, 3]) {
      await tab.setHidden(true);
      const shown = await tab.until(({ status }) => status === "paused");
      assertEquals(shown.pauseReason, "hidden");
      await tab.untilDisconnected();
      await publish(channel, [from, from + 1]);
      await tab.setHidden(false);
      const { data } = await tab.until(
        Function("shown", `return shown.last === ${from + 1}`) as () => boolean,
      );
      assertEquals(data, numbers(from + 1));
    }
    assertEquals((await tab.notes()).gaps, []);
  });

  it("disconnect while they are disabled, and then show the missed messages", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook: "useRealtime" });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    await publish(channel, [1]);
    await tab.until(({ data }) => data.length === 1);
    await tab.show({ options: { enabled: false } });
    const shown = await tab.until(({ status }) => status === "paused");
    assertEquals(shown.pauseReason, "disabled");
    assertEquals(shown.data, [1]);
    await tab.untilDisconnected();
    await publish(channel, [2]);
    await tab.show({ options: { enabled: true } });
    const { data } = await tab.until(({ data }) => data.length === 2);
    assertEquals(data, [1, 2]);
  });

  it("never show the messages of another channel than the current one", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook: "useRealtime" });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    const channels = [channel, `${channel}-b`];
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) for (const name of channels) await publish(name, [name]);
    })();
    for (let i = 1; i <= 10; i++) {
      await tab.show({ channel: channels[i % 2] });
      await tab.until(({ data }) => data.length > 1);
    }
    isOver = true;
    await publishing;
    assertEquals((await tab.notes()).strays, []);
    assertEquals(tab.problems, []);
  });

  for (
    const [when, grant] of [
      ["when they are enabled again", {}],
      ["when the session ends", { sessionExpiresIn: 2, expiresIn: 1 }],
    ] as const
  ) {
    it(`forget their messages ${when} and the app's tokens are for another channel`, async () => {
      const { open, publish, site } = suite();
      site.grant(grant);
      const { tab, channel } = await open({ hook });
      await using _ = tab;
      await tab.until(({ status }) => status === "active");
      await publish(channel, ["old"]);
      await tab.until(({ data }) => data.length === 1);
      site.grant({ channel: `${channel}-b` });
      if (!("sessionExpiresIn" in grant)) {
        await tab.show({ options: { enabled: false } });
        await tab.untilDisconnected();
        await tab.show({ options: { enabled: true } });
      }
      await tab.until(({ data, status }) =>
        status === "active" && data.length === 0
      );
      await publish(`${channel}-b`, ["new"]);
      const { data } = await tab.until(({ data }) => data.length > 0);
      assertEquals(data, ["new"]);
      assertEquals((await tab.notes()).gaps, []);
      site.grant({});
    });
  }

  it("stay closed with `reconnect: false`", async () => {
    const { open, proxy, gateway } = suite();
    const { tab } = await open({
      hook: "useRealtime",
      options: { reconnect: false },
    });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    proxy.cut();
    await tab.until(({ status }) => status === "closed");
    proxy.lead(gateway.url);
    assertEquals(tab.sockets.opened, 1);
  });
});

describeInChromium(
  "hooks of a gateway with a short log, in Chromium",
  { broker: new MemoryBroker({ historySize: 5 }) },
  (suite) => {
    it("report lost messages, and show the rest", async () => {
      const { open, publish, proxy, gateway } = suite();
      const { tab, channel } = await open({ hook });
      await using _ = tab;
      await tab.until(({ status }) => status === "active");
      await publish(channel, [1]);
      await tab.until(({ data }) => data.length === 1);
      proxy.cut();
      await publish(channel, numbers(20, 2));
      proxy.lead(gateway.url);
      const { data } = await tab.until(({ last }) => last === 21);
      assertEquals(data, [1, ...numbers(5, 17)]);
      const { gaps } = await tab.notes();
      assertEquals(gaps.length, 1);
      assertEquals(gaps[0]?.channel, channel);
      assertEquals(
        [gaps[0]?.after, gaps[0]?.before].map((id) => id?.slice(9)),
        ["1", "17"],
      );
    });

    it("report that a part of a stream's text is lost", async () => {
      const { open, realtime, publish, proxy, gateway } = suite();
      const { tab, channel } = await open({ hook: "useStream" });
      await using _ = tab;
      const { readable, writable } = new TransformStream<string, string>();
      const writer = writable.getWriter();
      const publishing = realtime.publish({
        channel,
        topic: "ai",
        data: readable,
      });
      await writer.write("Nothing ");
      await tab.until(({ text }) => text === "Nothing ");
      proxy.cut();
      const token = await realtime.token({ channel, topics: ["ai"] });
      const messages = await subscribe(token);
      await writer.write("is ");
      for await (const { data } of messages) if (data === "is ") break;
      // Other messages push it out of the log.
      for (let i = 0; i < 20; i++) {
        await realtime.publish({ channel, topic: "other", data: i });
      }
      proxy.lead(gateway.url);
      await tab.until(({ error }) => error !== undefined);
      await writer.write("lost");
      await writer.close();
      await publishing;
      const { text, error } = await tab.until(({ done }) => done === true);
      assertEquals(text, "Nothing lost");
      assertEquals(error, "Cannot show the whole stream: a part of it is lost");
      // A late component gets the rest of the text, and the error as well.
      await tab.show({ options: { from: "start", key: "late" } });
      await publish(channel, ["no stream"]);
      const late = await tab.until(({ done }) => done === true);
      assertEquals(
        late.error,
        "Cannot show the whole stream: a part of it is lost",
      );
    });
  },
);

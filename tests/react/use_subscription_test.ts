import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { describeInChromium } from "./browser_suite.ts";

const hook = "useSubscription";

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

describeInChromium("useSubscription() in Chromium", {}, (suite) => {
  it("shows messages as they come", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, ["one", { two: 2 }]);
    const shown = await tab.until(({ data }) => data.length === 2);
    assertEquals(shown.data, ["one", { two: 2 }]);
    assertEquals(shown.last, { two: 2 });
    assertEquals(shown.error, undefined);
    const { statuses } = await tab.notes();
    assertEquals([...new Set(statuses)], [
      "closed",
      "refresh_token",
      "connecting",
      "active",
    ]);
    assertEquals(tab.problems, []);
  });

  it("has all new messages in `freshData`, however many come at once", async () => {
    const { open, realtime } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await Promise.all(
      numbers(300).map((data) =>
        realtime.publish({ channel, topic: "ai", data })
      ),
    );
    const { data } = await tab.until(({ data }) => data.length === 300);
    const { fresh, renders } = await tab.notes();
    assertEquals(fresh, data);
    assert(renders < 300, `${renders} renders for messages that come together`);
  });

  it("opens one subscription in StrictMode", async () => {
    const { open, publish, site } = suite();
    const before = site.tokenRequests;
    const { tab, channel } = await open({ hook, isStrict: true });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1, 2]);
    const { data } = await tab.until(({ data }) => data.length > 1);
    assertEquals(data, [1, 2]);
    assertEquals(site.tokenRequests - before, 1);
    assertEquals(tab.sockets.opened, 1);
    assertEquals(tab.problems, []);
  });

  it("shares one socket and one token between 20 components", async () => {
    const { open, publish, site } = suite();
    const before = site.tokenRequests;
    const { tab, channel } = await open({ hook, count: 20 });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1, 2, 3]);
    for (let index = 0; index < 20; index++) {
      const { data } = await tab.until(({ data }) => data.length === 3, index);
      assertEquals(data, [1, 2, 3]);
    }
    assertEquals(site.tokenRequests - before, 1);
    assertEquals(tab.sockets.opened, 1);
  });

  it("shows earlier messages to a component that is mounted later", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1, 2]);
    await tab.until(({ data }) => data.length === 2);
    await tab.show({ count: 2 });
    const { data } = await tab.until(({ data }) => data.length === 2, 1);
    assertEquals(data, [1, 2]);
  });

  it("stays connected if the function that gets tokens is inline", async () => {
    const { open, publish, site } = suite();
    const before = site.tokenRequests;
    const { tab, channel } = await open({ hook, isInline: true });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, numbers(5));
    const { data } = await tab.until(({ data }) => data.length === 5);
    assertEquals(data, numbers(5));
    assertEquals(site.tokenRequests - before, 1);
    assertEquals(tab.sockets.opened, 1);
  });

  it("collects messages for `bufferInterval`", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({
      hook,
      options: { bufferInterval: 300 },
    });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    const before = (await tab.notes()).renders;
    await publish(channel, numbers(20));
    await tab.until(({ data }) => data.length === 20);
    const { renders, fresh } = await tab.notes();
    assertEquals(fresh, numbers(20));
    assert(renders - before < 10, `${renders - before} renders`);
  });

  it("shows no more than `historyLimit` messages", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({
      hook,
      options: { historyLimit: 10 },
    });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, numbers(100));
    const { data } = await tab.until(({ last }) => last === 100);
    assertEquals(data, numbers(10, 91));
    assertEquals((await tab.notes()).fresh, numbers(100));
  });

  it("shows the stream from its start after a reload", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, options: { from: "start" } });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1, 2]);
    await tab.until(({ data }) => data.length === 2);
    await tab.page.reload();
    await publish(channel, [3]);
    const { data } = await tab.until(({ data }) => data.length === 3);
    assertEquals(data, [1, 2, 3]);
  });

  it("clears this component only, by `clear`", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, count: 2 });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1, 2]);
    await tab.until(({ data }) => data.length === 2);
    await tab.control((control) => control.clear());
    await tab.until(({ data, last }) => data.length === 0 && !last);
    await publish(channel, [3]);
    const { data } = await tab.until(({ data }) => data.length > 0);
    assertEquals(data, [3]);
    const other = await tab.until(({ data }) => data.length === 3, 1);
    assertEquals(other.data, [1, 2, 3]);
  });

  it("closes its connection when it is unmounted", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await tab.show({ isMounted: false });
    await publish(channel, [1]);
    await tab.untilDisconnected();
    const before = await tab.notes();
    await tab.show({ isMounted: true });
    await tab.until(({ status }) => status === "active");
    await publish(channel, [2]);
    const { data } = await tab.until(({ data }) => data.length > 0);
    assertEquals(data, [2]);
    assertEquals(before.fresh, []);
    assertEquals(tab.problems, []);
  });

  it("does not connect when it is unmounted before it has a token", async () => {
    const { open } = suite();
    const { tab } = await open({ hook, isMounted: false });
    await using _ = tab;
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    await tab.page.route("**/token?*", async (route) => {
      asked.resolve();
      await answered.promise;
      await route.continue();
    });
    await tab.show({ isMounted: true });
    await asked.promise;
    await tab.show({ isMounted: false });
    const response = tab.page.waitForResponse("**/token?*");
    answered.resolve();
    await (await response).finished();
    // A connection of the first component would be open before that of a later one.
    await tab.page.unroute("**/token?*");
    await tab.show({ isMounted: true, options: { key: "later" } });
    await tab.until(({ status }) => status === "active");
    assertEquals(tab.sockets.opened, 1);
    await tab.show({ isMounted: false });
    await tab.untilDisconnected();
    assertEquals(tab.problems, []);
  });

  it("is in the state `error` without a token, and subscribes again with another `key`", async () => {
    const { open, site } = suite();
    site.refuse(403);
    const { tab } = await open({ hook, options: { key: "a" } });
    await using _ = tab;
    const { error } = await tab.until(({ status }) => status === "error");
    assertEquals(error, "Cannot get a token: Sign in first");
    site.refuse(undefined);
    await tab.show({ options: { key: "b" } });
    const shown = await tab.until(({ status }) => status === "active");
    assertEquals(shown.error, undefined);
  });
});

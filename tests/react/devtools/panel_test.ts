import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { it } from "@std/testing/bdd";
import { MemoryBroker } from "../../../server/mod.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { describeInChromium } from "../browser_suite.ts";
import { panelOf } from "./panel_page.ts";

const hook = "useSubscription";
const devtools = {};

/** Returns the words of a text without what depends on the time. */
function withoutTimes(text: string | null): string {
  return (text ?? "").replaceAll(/\d\d:\d\d:\d\d/g, "TIME")
    .replaceAll(/\d+(?:\.\d)? s\b/g, "SECONDS");
}

describeInChromium("<TidingsDevtools /> in Chromium", {}, (suite) => {
  it("shows a subscription: its channel, topics, state, position and messages", async () => {
    const { open, publish, realtime } = suite();
    const { tab, channel } = await open({
      hook,
      devtools,
      topics: ["ai", "log"],
    });
    await using _ = tab;
    const { button, open: openPanel, shows, cards, messages } = panelOf(
      tab.page,
    );
    await tab.until(({ status }) => status === "active");
    assertEquals(await cards.count(), 0);
    await openPanel();
    await shows("1 subscription: 1 open");
    await shows(channel);
    await shows("ai, log");
    await publish(channel, [{ percent: 60 }]);
    await shows("1 message, 0 gaps");
    const { id } = await realtime.publish({ channel, topic: "log", data: "x" });
    await shows("2 messages, 0 gaps");
    assertEquals(await cards.locator("dd").allInnerTexts(), [
      "ai, log",
      id,
      "2 messages, 0 gaps",
    ]);
    assertEquals(
      await messages.locator("summary").locator("b, code").allInnerTexts(),
      ["log", '"x"', "ai", '{"percent":60}'],
    );
    assertEquals(
      await button.getAttribute("aria-label"),
      "Tidings devtools: 1 subscription: 1 open",
    );
    assertEquals(tab.problems, []);
  });

  it("opens a message to its id and JSON, and keeps it open while others come", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, devtools });
    await using _ = tab;
    const panel = panelOf(tab.page);
    await tab.until(({ status }) => status === "active");
    await panel.open();
    await publish(channel, [{ percent: 60 }]);
    await panel.messages.locator("summary").click();
    await panel.shows(/^\{\n {2}"percent": 60\n\}$/);
    await publish(channel, ["next"]);
    await panel.shows('"next"');
    assertEquals(await panel.messages.locator("details[open]").count(), 1);
  });

  it("keeps the last 20 messages, and counts all", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, devtools });
    await using _ = tab;
    const panel = panelOf(tab.page);
    await tab.until(({ status }) => status === "active");
    await panel.open();
    await publish(channel, Array.from({ length: 25 }, (_, i) => i + 1));
    await panel.shows("25 messages, 0 gaps");
    const shown = await panel.messages.locator("code").allInnerTexts();
    assertEquals(shown, Array.from({ length: 20 }, (_, i) => `${25 - i}`));
  });

  it("shows an outage and its end, and the gap after the gateway's log was lost", async () => {
    const { open, publish, proxy, gateway } = suite();
    const ended = await startGateway();
    proxy.lead(ended.url);
    const { tab, channel } = await open({ hook, devtools });
    await using _ = tab;
    const panel = panelOf(tab.page);
    await tab.until(({ status }) => status === "active");
    await panel.open();
    await panel.shows("1 subscription: 1 open");
    await ended.close();
    await panel.shows("1 subscription: 1 reconnecting");
    await panel.shows(
      /^Outage since [\d:]+: Cannot reach the gateway at [^]+\n\d+ failed attempts?, the next in [\d.]+ s$/,
    );
    await publish(channel, [1, 2]);
    proxy.lead(gateway.url);
    await panel.shows(
      /^Last outage at [\d:]+, over after [\d.]+ s: Cannot reach the gateway/,
    );
    await panel.shows("2 messages, 1 gap");
    const gap = await panel.panel.locator(".gaps").innerText();
    assertMatch(
      withoutTimes(gap),
      /^TIME Lost the channel's log, after \w{8}-0, before \w{8}-1$/,
    );
    await panel.shows("1 subscription: 1 open");
  });

  it("shows why a subscription failed", async () => {
    const { open, site } = suite();
    site.refuse(403);
    const { tab } = await open({ hook, devtools });
    await using _ = tab;
    const panel = panelOf(tab.page);
    await panel.open();
    await panel.shows("1 subscription: 1 failed");
    site.refuse(undefined);
    const outage = await panel.panel.locator(".outage").innerText();
    assertEquals(
      withoutTimes(outage),
      "Failed at TIME: Cannot get a token: Sign in first",
    );
    // Its token would have named the channel.
    await panel.shows("Channel not known yet");
  });

  it("shows the channel that a hook names before there is a token", async () => {
    const { open, site } = suite();
    site.refuse(403);
    const { tab, channel } = await open({ hook: "useRealtime", devtools });
    await using _ = tab;
    const panel = panelOf(tab.page);
    await panel.open();
    await panel.shows("1 subscription: 1 failed");
    site.refuse(undefined);
    await panel.shows(channel);
  });

  it("follows components that come, change their channel, pause and go", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({
      hook: "useRealtime",
      devtools,
      isMounted: false,
    });
    await using _ = tab;
    const panel = panelOf(tab.page);
    await panel.open();
    await panel.shows("No hook of this page subscribes");
    await tab.show({ isMounted: true, count: 2 });
    await panel.shows("1 subscription: 1 open");
    await publish(channel, [1]);
    await panel.shows("1 message, 0 gaps");
    await tab.show({ channel: `${channel}-b` });
    await panel.shows(`${channel}-b`);
    await panel.shows("0 messages, 0 gaps");
    assertEquals(await panel.messages.count(), 0);
    await tab.show({ options: { enabled: false } });
    await panel.shows("1 subscription: 1 paused");
    await tab.show({ isMounted: false });
    await panel.shows("No hook of this page subscribes");
    assertEquals(await panel.cards.count(), 0);
    assertEquals(tab.problems, []);
  });

  it("shows what came before it was mounted", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1, 2]);
    await tab.until(({ data }) => data.length === 2);
    await tab.show({ devtools });
    const panel = panelOf(tab.page);
    await panel.open();
    await panel.shows("2 messages, 0 gaps");
    assertEquals(await panel.messages.locator("code").allInnerTexts(), [
      "2",
      "1",
    ]);
  });

  it("is there once in StrictMode, and leaves nothing when it is unmounted", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, devtools, isStrict: true });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    const panel = panelOf(tab.page);
    await panel.open();
    await publish(channel, [1]);
    await panel.shows("1 message, 0 gaps");
    assertEquals(await panel.button.count(), 1);
    assertEquals(await panel.messages.count(), 1);
    await tab.show({ devtools: undefined });
    await panel.button.waitFor({ state: "detached" });
    await publish(channel, [2]);
    const { data } = await tab.until(({ data }) => data.length === 2);
    assertEquals(data, [1, 2]);
    assertEquals(await tab.page.locator("tidings-devtools").count(), 0);
    assertEquals(tab.problems, []);
  });

  it("works by keyboard, and tells whether it is open", async () => {
    const { open } = suite();
    const { tab } = await open({ hook, devtools });
    await using _ = tab;
    const { button, panel, focused } = panelOf(tab.page);
    await button.waitFor();
    const { keyboard } = tab.page;
    await keyboard.press("Tab");
    assertEquals(await button.getAttribute("aria-expanded"), "false");
    await keyboard.press("Enter");
    await panel.waitFor();
    assertEquals(await button.getAttribute("aria-expanded"), "true");
    await keyboard.press("Tab");
    // The panel comes after its button, so that arrow keys scroll it.
    assertEquals(await focused(), "section");
    await keyboard.press("Escape");
    await panel.waitFor({ state: "hidden" });
    assertEquals(await focused(), "button");
  });

  it("leaves the app's layout, styles and shortcuts as they are", async () => {
    const { open } = suite();
    const { tab } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    await tab.page.addStyleTag({
      content: "* { letter-spacing: 9px !important } " +
        "button, section { display: none !important } " +
        "tidings-devtools { display: block !important; position: static !important }",
    });
    await tab.page.evaluate(`
      window.heard = [];
      for (const name of ["click", "keydown", "pointerdown"]) {
        document.addEventListener(name, () => window.heard.push(name));
      }
    `);
    const boxes =
      `JSON.stringify([...document.querySelectorAll("html, body, body *")]
      .filter((it) => it.localName !== "tidings-devtools")
      .map((it) => it.getBoundingClientRect()))`;
    const before = await tab.page.evaluate(boxes);
    await tab.show({ devtools });
    const { button, panel, open: openPanel, buttonStyle } = panelOf(tab.page);
    await openPanel();
    assertEquals(await tab.page.evaluate(boxes), before);
    assertEquals(await buttonStyle("letterSpacing"), "normal");
    await button.press("Escape");
    await panel.waitFor({ state: "hidden" });
    assertEquals(await tab.page.evaluate("window.heard"), []);
  });

  for (const corner of ["bottom-right", "top-left"] as const) {
    it(`fits in a narrow page, in the corner ${corner}`, async () => {
      const { open } = suite();
      const { tab } = await open({ hook, devtools: { corner } });
      await using _ = tab;
      await tab.page.setViewportSize({ width: 375, height: 667 });
      const { button, panel, open: openPanel } = panelOf(tab.page);
      await openPanel();
      const boxes = [await button.boundingBox(), await panel.boundingBox()];
      for (const box of boxes) {
        const { x = -1, y = -1, width = 0, height = 0 } = box ?? {};
        assertEquals(
          [x >= 0, y >= 0, x + width <= 375, y + height <= 667],
          [true, true, true, true],
          `${corner}: ${JSON.stringify(box)}`,
        );
      }
      assertEquals((boxes[0]?.y ?? 0) < 300, corner === "top-left");
    });
  }

  it("follows the colors that the user prefers", async () => {
    const { open } = suite();
    const { tab } = await open({ hook, devtools });
    await using _ = tab;
    const { buttonStyle } = panelOf(tab.page);
    const colors: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await tab.page.emulateMedia({ colorScheme });
      colors.push(await buttonStyle("backgroundColor"));
    }
    assertEquals(colors, ["rgb(255, 253, 249)", "rgb(28, 25, 21)"]);
  });

  it("has its styles where the app's content security policy allows none", async () => {
    const { open } = suite();
    const { tab } = await open({ hook });
    await using _ = tab;
    await tab.page.evaluate(`
      const policy = document.createElement("meta");
      policy.httpEquiv = "content-security-policy";
      policy.content = "style-src 'none'";
      document.head.append(policy);
    `);
    await tab.show({ devtools });
    const { buttonStyle } = panelOf(tab.page);
    assertEquals(await buttonStyle("borderRadius"), "16px");
    assertEquals(tab.problems, []);
  });
});

describeInChromium(
  "<TidingsDevtools /> of a gateway with a short log, in Chromium",
  { broker: new MemoryBroker({ historySize: 5 }) },
  (suite) => {
    it("shows which messages are lost, also of a stream", async () => {
      const { open, publish, proxy, gateway } = suite();
      const { tab, channel } = await open({ hook: "useStream", devtools });
      await using _ = tab;
      const panel = panelOf(tab.page);
      await panel.open();
      await panel.shows("1 subscription: 1 open");
      await publish(channel, [1]);
      await panel.shows("1 message, 0 gaps");
      proxy.cut();
      await publish(channel, Array.from({ length: 20 }, (_, i) => i + 2));
      proxy.lead(gateway.url);
      await panel.shows("6 messages, 1 gap");
      assertStringIncludes(
        await panel.panel.locator(".gaps").innerText(),
        "Lost 15 messages of the channel, after ",
      );
    });
  },
);

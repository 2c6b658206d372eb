import { assert, assertEquals, assertMatch } from "@std/assert";
import { beforeEach, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import type { PageUnderTest } from "../../support/browser/page.ts";
import { describePage } from "../../support/browser/page_suite.ts";
import { batch, publish, publishAll } from "../../support/wire/publish.ts";

/** The channel and topic that the page watches. */
const HELLO = "demo/hello";

describePage("the page in Chromium", () => ({}), (current) => {
  let site: PageUnderTest;
  let page: Page;

  beforeEach(() => {
    site = current();
    page = site.page;
  });

  /** Publishes lines to the channel and topic that the page watches. */
  async function publishLines(lines: readonly object[]): Promise<void> {
    const first = { channel: "demo", topic: "hello" };
    const answers = await batch(
      site.gateway,
      lines.map((line) => ({ ...first, ...line })),
    );
    assert(answers.every(({ id }) => id), JSON.stringify(answers));
  }

  it(
    "loads without errors, from its gateway only",
    async () => {
      await site.open();
      await site.shows(".empty", "Nothing yet.");
      assertMatch(
        await site.text("#version"),
        /^\d+\.\d+\.\d+, memory broker$/,
      );
      assertEquals(site.problems, []);
      assert(site.requests.length > 15, site.requests.join("\n"));
      const { host } = new URL(site.proxy.url);
      for (const url of site.requests) assertEquals(new URL(url).host, host);
    },
  );

  it(
    "shows the messages that it publishes, with their ids and latencies",
    async () => {
      await site.open();
      await page.fill("#data", '{"n": 1}');
      await page.click("#publish-one");
      const span = String.raw`[\d.]+ m?s`;
      await site.shows("#publish-result", "here after");
      const result = await site.text("#publish-result");
      const [, id] = /^Published (\w{8}-1), answered in /.exec(result) ?? [];
      assertMatch(result, new RegExp(`in ${span}, here after ${span}$`));
      const row = `.row[data-id="${id}"]`;
      assertEquals(await site.text(`${row} .topic`), "hello");
      assertEquals(await site.text(`${row} .data`), '{"n":1}');
      assertEquals(await site.text(`${row} .id`), id);
      assertMatch(
        await site.text(`${row} .facts.own`),
        new RegExp(`^${span}$`),
      );
      await site.shows("#latency", "Publish to here: median");
      // Opening the row shows the whole message.
      await page.click(`${row} summary`);
      assertEquals(JSON.parse(await site.text(`${row} .json`)).id, id);

      await page.focus("#data");
      await page.keyboard.press("Control+Enter");
      await site.shows("#count", "2 messages");
      await page.click("#publish-burst");
      await site.shows("#publish-result", "Published 100 messages");
      await site.shows("#publish-result", "all after");
      await site.shows("#count", "102 messages");
    },
  );

  it(
    "shows the messages of others as text, never as markup",
    async () => {
      await site.open();
      const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
      await publish(site.gateway, HELLO, evil);
      await publish(site.gateway, HELLO, { [evil]: evil });
      await site.shows("#count", "2 messages");
      assertEquals(await site.list(), [evil, JSON.stringify({ [evil]: evil })]);
      for (const summary of await page.locator(".row summary").all()) {
        await summary.click();
      }
      await page.locator(".json").nth(1).waitFor();
      assertEquals(await page.locator("#messages :is(img, script)").count(), 0);
      assertEquals(site.problems, []);
    },
  );

  it(
    "joins the chunks of a data stream to a growing text",
    async () => {
      await site.open();
      const stream = { stream_id: "s1" };
      await publishLines([
        { ...stream, kind: "datastream-start", data: "s1" },
        { ...stream, kind: "chunk", data: "Good " },
      ]);
      await site.shows('.stream[data-state="open"]', "Good ");
      await publishLines([{ ...stream, kind: "chunk", data: "tidings" }]);
      await site.shows('.stream[data-state="open"]', "Good tidings");
      await publishLines([{ ...stream, kind: "datastream-end", data: "s1" }]);
      await site.shows('.stream[data-state="ended"]', "Good tidings");
      assertMatch(await site.text(".row .facts"), /^2 chunks in /);
      assertEquals(await site.text("#count"), "1 message");

      await page.fill("#data", "Word by word");
      await page.click("#publish-stream");
      await site.shows("#publish-result", "Streamed 3 words");
      await site.shows('.stream[data-state="ended"]', "Word by word");
      await publishLines([
        { stream_id: "s2", kind: "datastream-start", data: "s2" },
        {
          stream_id: "s2",
          kind: "datastream-end",
          data: "s2",
          metadata: { error: { code: "internal", message: "It broke" } },
        },
      ]);
      await site.shows(".facts.bad", "0 chunks, failed: It broke");
    },
  );

  it("shows the error about a name next to its field", async () => {
    await site.open();
    await page.fill("#channel", "x".repeat(256));
    await page.press("#channel", "Enter");
    await site.state("refused");
    assertEquals(
      await site.text("#channel-error"),
      "Cannot use the channel: names are 1 to 255 bytes without control characters",
    );
    assertEquals(await page.getAttribute("#channel", "aria-invalid"), "true");
    await page.fill("#channel", "demo");
    await page.fill("#topics", "y".repeat(256));
    await page.press("#topics", "Enter");
    await site.shows(
      "#topics-error",
      "Cannot use the topic: names are",
    );
    assertEquals(await page.isVisible("#channel-error"), false);
    await page.press("#topics", "Backspace");
    await site.state("live");
    await page.press("#topics", "Backspace");
    await site.shows("#topics-error", "Name at least one topic");
    await page.click("#publish-one");
    await site.shows(
      "#publish-result",
      "Cannot use the topic: names are 1 to 255 bytes without control characters",
    );
    await page.goto(
      `${site.proxy.url}/#channel=demo&topic=hello&from=yesterday`,
    );
    await site.state("refused");
    await site.shows(
      "#from-error",
      'Cannot start there: "since" must be "live", "start"',
    );
    await page.selectOption("#from", "live");
    await site.state("live");
    assertEquals(await page.locator(".error:visible").count(), 0);
  });

  it(
    "keeps the subscription in its address, for reloading and sharing",
    async () => {
      await publish(site.gateway, "user:1/logs", "before");
      await site.open();
      await page.fill("#channel", "user:1");
      await page.fill("#topics", "logs, ai,");
      await page.selectOption("#from", "start");
      await site.shows(".data", "before");
      assertEquals(await site.text(".facts"), "from the log");
      const address =
        "#channel=user:1&topic=hello&topic=logs&topic=ai&from=start";
      assertEquals(new URL(page.url()).hash, address);

      await page.reload();
      await site.shows(".data", "before");
      assertEquals(await page.inputValue("#channel"), "user:1");
      assertEquals(
        await page.locator("#topic-list li").allTextContents(),
        ["hello×", "logs×", "ai×"],
      );
      assertEquals(await page.inputValue("#from"), "start");

      await publishAll(site.gateway, "user:1/logs", ["1", "2", "3", "4"]);
      await page.goto(
        `${site.proxy.url}/#channel=user:1&topic=logs&from=last:2`,
      );
      // The previous view also had 2 messages.
      await site.holds('document.querySelector("#last").value === "2"');
      await site.shows("#count", "2 messages");
      assertEquals(await site.list(), ["3", "4"]);
    },
  );

  it(
    "keeps the newest 500 messages, and doesn't change while it is paused",
    async () => {
      await site.open();
      const lines = Array.from({ length: 600 }, (_, n) => ({ data: `n${n}` }));
      await publishLines(lines);
      await site.shows("#count", "600 messages, the newest 500 kept");
      assertEquals(await page.locator(".row").count(), 500);
      assertEquals((await site.list()).at(-1), "n599");

      await page.click("#pause");
      await publish(site.gateway, HELLO, "later");
      await site.shows("#pause", "Resume (1 new)");
      assertEquals((await site.list()).at(-1), "n599");
      await page.click("#pause");
      await site.shows(".data", "later");

      await page.keyboard.press("/");
      await page.keyboard.type("n59");
      await site.shows("#count", "10 of 601 messages");
      assertEquals(await page.locator(".row:visible").count(), 10);
      await page.fill("#filter", "nowhere");
      await page.locator("#no-match").waitFor();
      await page.click("#clear");
      await site.shows(".empty", "Nothing yet.");
      assertEquals(await page.locator(".row").count(), 0);
    },
  );

  it("stops watching, and watches again", async () => {
    await site.open();
    await page.click("#toggle");
    await site.state("stopped");
    await page.click("#publish-one");
    await site.shows(
      "#publish-result",
      "nothing is watched, so it doesn’t show",
    );
    await page.click("#toggle");
    await site.state("live");
    await page.click("#publish-one");
    await site.shows("#publish-result", "here after");
    await site.shows("#count", "1 message");
    assertEquals((await site.list()).length, 1);
  });

  it("labels its controls, and fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await site.open();
    await publish(
      site.gateway,
      HELLO,
      "a long line ".repeat(50) + "x".repeat(300),
    );
    await site.shows("#count", "1 message");
    const unnamed = await page.$$eval(
      "input, select, textarea, button",
      (all) =>
        all.filter((control) =>
          !control.ownerDocument.querySelector(`label[for="${control.id}"]`) &&
          !control.getAttribute("aria-label") && !control.textContent?.trim()
        ).map(({ id }) => id),
    );
    assertEquals(unnamed, []);
    const excess = await page.$eval(
      "html",
      (html) => html.scrollWidth - html.clientWidth,
    );
    assertEquals(excess, 0);
    // Arrow keys choose a tab.
    await page.focus("#watch-panel-tab");
    await page.keyboard.press("ArrowLeft");
    assertEquals(await page.isVisible("#typescript-panel"), true);
    assertEquals(await page.isVisible("#watch-panel"), false);
    assertEquals(site.problems, []);
  });
});

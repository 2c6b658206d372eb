import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
} from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./support/browser.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { batch, publish, publishAll } from "./support/publish.ts";
import { type Proxy, startProxy } from "./support/proxy.ts";
import { chromiumPath } from "./support/requirements.ts";

/** The channel and topic of a first visit. */
const HELLO = "demo/hello";
const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

describe("the page in Chromium", () => {
  let browser: Browser;
  let gateway: TestGateway;
  /** Between the page and the gateway: what the page sees break off. */
  let proxy: Proxy;
  let page: Page;
  /** What the console said and what was thrown. */
  let problems: string[];
  let requests: string[];

  beforeAll(async () => {
    if (executablePath === undefined) return;
    browser = await launchChromium(executablePath);
  });

  afterAll(async () => {
    if (executablePath !== undefined) await browser.close();
  });

  beforeEach(async () => {
    if (executablePath === undefined) return;
    gateway = await startGateway({ dev: true });
    proxy = await startProxy(gateway.url);
    page = await browser.newPage();
    problems = [];
    requests = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => problems.push(message.text()));
    page.on("request", (request) => requests.push(request.url()));
    page.on("websocket", (socket) => requests.push(socket.url()));
  });

  afterEach(async () => {
    if (executablePath === undefined) return;
    await page.close();
    await proxy.close();
    await gateway.close();
  });

  async function open(hash = ""): Promise<void> {
    await page.goto(`${proxy.url}/${hash}`);
    await state("live");
  }

  async function state(name: string): Promise<void> {
    await page.waitForSelector(`#status[data-state="${name}"]`);
  }

  /** Publishes lines to the channel and topic of a first visit. */
  async function publishLines(lines: readonly object[]): Promise<void> {
    const first = { channel: "demo", topic: "hello" };
    const answers = await batch(
      gateway,
      lines.map((line) => ({ ...first, ...line })),
    );
    assert(answers.every(({ id }) => id), JSON.stringify(answers));
  }

  async function text(selector: string): Promise<string> {
    return await page.locator(selector).textContent() ?? "";
  }

  /** Waits until an element's text has this in it. */
  async function shows(selector: string, part: string): Promise<void> {
    await page.locator(selector, { hasText: part }).first().waitFor();
  }

  /** The messages in the list, oldest first. */
  function list(): Promise<string[]> {
    return page.$$eval(
      "#messages .data",
      (all) => all.map(({ textContent }) => textContent ?? "").reverse(),
    );
  }

  itInChromium(
    "loads without a complaint, from its gateway alone",
    async () => {
      await open();
      await shows(".empty", "Nothing yet.");
      assertMatch(await text("#version"), /^\d+\.\d+\.\d+, memory broker$/);
      assertEquals(problems, []);
      assert(requests.length > 15, requests.join("\n"));
      const { host } = new URL(proxy.url);
      for (const url of requests) assertEquals(new URL(url).host, host);
      const socket = requests.find((url) => url.startsWith("ws:"));
      assertEquals(socket, `ws://${host}/v1/realtime/connect`);
    },
  );

  itInChromium(
    "shows what it publishes, with the id and the time it took",
    async () => {
      await open();
      await page.fill("#data", '{"n": 1}');
      await page.click("#publish-one");
      const span = String.raw`[\d.]+ m?s`;
      await shows("#publish-result", "here after");
      const result = await text("#publish-result");
      const [, id] = /^Published (\w{8}-1), answered in /.exec(result) ?? [];
      assertMatch(result, new RegExp(`in ${span}, here after ${span}$`));
      const row = `.row[data-id="${id}"]`;
      assertEquals(await text(`${row} .topic`), "hello");
      assertEquals(await text(`${row} .data`), '{"n":1}');
      assertEquals(await text(`${row} .id`), id);
      assertMatch(await text(`${row} .facts.own`), new RegExp(`^${span}$`));
      await shows("#latency", "Publish to here: median");
      // The rest of it, on request.
      await page.click(`${row} summary`);
      assertEquals(JSON.parse(await text(`${row} .json`)).id, id);

      await page.focus("#data");
      await page.keyboard.press("Control+Enter");
      await shows("#count", "2 messages");
      await page.click("#publish-burst");
      await shows("#publish-result", "Published 100 messages");
      await shows("#publish-result", "all after");
      await shows("#count", "102 messages");
    },
  );

  itInChromium(
    "shows what others publish, as text whatever it is",
    async () => {
      await open();
      const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
      await publish(gateway, HELLO, evil);
      await publish(gateway, HELLO, { [evil]: evil });
      await shows("#count", "2 messages");
      assertEquals(await list(), [evil, JSON.stringify({ [evil]: evil })]);
      for (const summary of await page.locator(".row summary").all()) {
        await summary.click();
      }
      assertEquals(await page.locator(".json").count(), 2);
      assertEquals(await page.locator("#messages :is(img, script)").count(), 0);
      assertEquals(problems, []);
    },
  );

  itInChromium(
    "joins a data stream's chunks to a text that grows",
    async () => {
      await open();
      const stream = { stream_id: "s1" };
      await publishLines([
        { ...stream, kind: "datastream-start", data: "s1" },
        { ...stream, kind: "chunk", data: "Good " },
      ]);
      await shows('.stream[data-state="open"]', "Good ");
      await publishLines([{ ...stream, kind: "chunk", data: "tidings" }]);
      await shows('.stream[data-state="open"]', "Good tidings");
      await publishLines([{ ...stream, kind: "datastream-end", data: "s1" }]);
      await shows('.stream[data-state="ended"]', "Good tidings");
      assertMatch(await text(".row .facts"), /^2 chunks in /);
      assertEquals(await text("#count"), "1 message");

      await page.fill("#data", "Word by word");
      await page.click("#publish-stream");
      await shows("#publish-result", "Streamed 3 words");
      await shows('.stream[data-state="ended"]', "Word by word");
      await publishLines([
        { ...stream, kind: "datastream-start", data: "s1" },
        {
          ...stream,
          kind: "datastream-end",
          data: "s1",
          metadata: { error: { code: "internal", message: "It broke" } },
        },
      ]);
      await shows(".facts.bad", "0 chunks, failed: It broke");
    },
  );

  itInChromium("says what is wrong with a name next to its field", async () => {
    await open();
    await page.fill("#channel", "x".repeat(256));
    await page.press("#channel", "Enter");
    await state("refused");
    assertEquals(
      await text("#channel-error"),
      "Cannot use the channel: its name is longer than 255 bytes",
    );
    assertEquals(await page.getAttribute("#channel", "aria-invalid"), "true");
    await page.fill("#channel", "demo");
    await page.fill("#topics", "y".repeat(256));
    await page.press("#topics", "Enter");
    await shows("#topics-error", "Cannot use the topic: its name is longer");
    assertEquals(await page.isVisible("#channel-error"), false);
    await page.press("#topics", "Backspace");
    await state("live");
    await page.press("#topics", "Backspace");
    await shows("#topics-error", "Name at least one topic");
    await page.click("#publish-one");
    await shows("#publish-result", "Cannot use the topic: its name is empty");
  });

  itInChromium(
    "keeps what is watched in its address, for a reload and a friend",
    async () => {
      await publish(gateway, "user:1/logs", "before");
      await open();
      await page.fill("#channel", "user:1");
      await page.fill("#topics", "logs, ai,");
      await page.selectOption("#from", "start");
      await shows(".data", "before");
      assertEquals(await text(".facts"), "from the log");
      const address =
        "#channel=user:1&topic=hello&topic=logs&topic=ai&from=start";
      assertEquals(new URL(page.url()).hash, address);

      await page.reload();
      await shows(".data", "before");
      assertEquals(await page.inputValue("#channel"), "user:1");
      assertEquals(
        await page.locator("#topic-list li").allTextContents(),
        ["hello×", "logs×", "ai×"],
      );
      assertEquals(await page.inputValue("#from"), "start");

      await publishAll(gateway, "user:1/logs", ["1", "2", "3", "4"]);
      await page.goto(`${proxy.url}/#channel=user:1&topic=logs&from=last:2`);
      await shows("#count", "2 messages");
      assertEquals(await list(), ["3", "4"]);
      assertEquals(await page.inputValue("#last"), "2");
    },
  );

  itInChromium(
    "resumes after a lost connection: nothing is missing, nothing twice",
    async () => {
      await open();
      await publish(gateway, HELLO, "1");
      await shows("#count", "1 message");
      proxy.cut();
      await state("waiting");
      await shows(".note.bad", "Not connected: the connection broke off");
      await page.click("#publish-one");
      await shows(
        "#publish-result",
        `${new URL(proxy.url).host} doesn’t answer`,
      );
      await publish(gateway, HELLO, "2");
      proxy.lead(gateway.url);
      await page.click("#retry");
      await state("live");
      await publish(gateway, HELLO, "3");
      await shows("#count", "3 messages");
      assertEquals(await list(), ["1", "2", "3"]);
      assertMatch(
        await text(".note.good"),
        /Connected again after [\d.]+ m?s: nothing is missing$/,
      );
      assertEquals(await page.locator(".note.bad").count(), 1);
    },
  );

  itInChromium(
    "comes back to a gateway that restarted, and says what is lost",
    async () => {
      await open();
      const last = await publish(gateway, HELLO, "1");
      await shows("#count", "1 message");
      await gateway.close();
      proxy.cut();
      await state("waiting");
      gateway = await startGateway({ dev: true });
      const first = await publish(gateway, HELLO, "2");
      proxy.lead(gateway.url);
      await state("live");
      await shows("#count", "2 messages");
      assertEquals(await list(), ["1", "2"]);
      await shows(
        ".note.bad",
        `Gap: the log that had ${last} was lost; what follows begins with ${first}`,
      );
      assertEquals(
        await page.locator(".note.good", { hasText: "missing" }).count(),
        0,
      );
    },
  );

  itInChromium(
    "keeps the newest 500, and stands still while it is paused",
    async () => {
      await open();
      const lines = Array.from({ length: 600 }, (_, n) => ({ data: `n${n}` }));
      await publishLines(lines);
      await shows("#count", "600 messages, the newest 500 kept");
      assertEquals(await page.locator(".row").count(), 500);
      assertEquals((await list()).at(-1), "n599");

      await page.click("#pause");
      await publish(gateway, HELLO, "later");
      await shows("#pause", "Resume (1 new)");
      assertEquals((await list()).at(-1), "n599");
      await page.click("#pause");
      await shows(".data", "later");

      await page.keyboard.press("/");
      await page.keyboard.type("n59");
      await shows("#count", "10 of 601 messages");
      assertEquals(await page.locator(".row:visible").count(), 10);
      await page.fill("#filter", "nowhere");
      await page.locator("#no-match").waitFor();
      await page.click("#clear");
      await shows(".empty", "Nothing yet.");
      assertEquals(await page.locator(".row").count(), 0);
    },
  );

  itInChromium("stops when it is told to, and watches again", async () => {
    await open();
    await page.click("#toggle");
    await state("stopped");
    await page.click("#publish-one");
    await shows("#publish-result", "nothing is watched, so it doesn’t show");
    await page.click("#toggle");
    await state("live");
    await page.click("#publish-one");
    await shows("#publish-result", "here after");
    await shows("#count", "1 message");
    assertEquals((await list()).length, 1);
  });

  itInChromium("names its controls, and fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open();
    await publish(gateway, HELLO, "a long line ".repeat(50) + "x".repeat(300));
    await shows("#count", "1 message");
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
    // Tabs move by arrow keys.
    await page.focus("#watch-tab");
    await page.keyboard.press("ArrowLeft");
    assertEquals(await page.isVisible("#typescript-panel"), true);
    assertEquals(await page.isVisible("#watch-panel"), false);
    assertEquals(problems, []);
  });
});

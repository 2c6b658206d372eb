import { Chat } from "@ai-sdk/react";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Browser, Page } from "playwright-core";
import { createChatTransport } from "../../ai.ts";
import { Chats } from "../../examples/ai-chat/chats.ts";
import { type Model, scriptedModel } from "../../examples/ai-chat/model.ts";
import { createSite } from "../../examples/ai-chat/site.ts";
import type { ChatMessage } from "../../examples/ai-chat/tides.ts";
import { createTestRealtime } from "../../server/testing.ts";
import { launchChromium } from "../support/browser/browser.ts";
import {
  type RunningExample,
  startExample,
} from "../support/browser/example.ts";
import { type Visit, visit } from "../support/browser/visit.ts";
import { chromiumPath } from "../support/requirements.ts";
import { until } from "../support/until.ts";

const QUESTION = "Why are there two tides a day?";
const SECOND_QUESTION = "What is a neap tide?";

const ANN = { cookie: "user=ann" };

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

describe("example ai-chat in a browser", () => {
  let folder: string;
  let browser: Browser;
  let example: RunningExample;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    folder = await mkdtemp(join(tmpdir(), "tidings-chat-"));
    example = await startExample("ai-chat", ["--port", "0"], {
      DATA_FOLDER: folder,
    });
    browser = await launchChromium(executablePath);
  });
  afterAll(async () => {
    if (executablePath === undefined) return;
    await browser.close();
    await example.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the page as a new user. */
  async function open(): Promise<Visit> {
    const opened = await visit(browser, example.url);
    await opened.page.waitForSelector("h1");
    return opened;
  }

  /** Opens the same chat in another window of the same user. */
  async function secondWindow(page: Page): Promise<Page> {
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.waitForSelector("form");
    return second;
  }

  itInChromium(
    "shows the whole answer once, after a reload in the middle and in a second window",
    async () => {
      const { page, problems, close } = await open();
      await page.click("main >> text=Ask >> nth=-1");
      await writes(page, 200);
      const before = await answerIn(page);
      await page.reload();
      await page.waitForSelector('[aria-busy="true"]');
      const second = await secondWindow(page);

      const whole = await textOf(QUESTION);
      for (const each of [page, second]) {
        await isDone(each);
        assertEquals(await answerIn(each), whole);
        assertEquals(await each.locator("article").count(), 2);
        assertEquals(await each.locator("details").count(), 1);
        assertEquals(await each.locator("tbody tr").count(), 4);
      }
      assert(whole.startsWith(before), before);
      assert(before.length < whole.length, "it was not in the middle");
      const shown = await page.innerText("main section");
      await page.reload();
      await page.waitForSelector("article");
      assertEquals(await page.innerText("main section"), shown);
      assertEquals(problems, []);
      await close();
    },
  );

  itInChromium(
    "shows a question of another window to one that is idle, and stops its answer there",
    async () => {
      const { page, problems, close } = await open();
      const second = await secondWindow(page);
      await page.getByLabel("Your question").fill(SECOND_QUESTION);
      await page.keyboard.press("Enter");
      await second.waitForSelector(`article.user:has-text("neap")`);
      await writes(second, 50);
      await stop(second);
      for (const each of [page, second]) {
        await isDone(each);
        await each.waitForSelector('article em:text("stopped")');
        assertEquals(await each.locator("article").count(), 2);
      }
      await example.wrote("The answer was stopped");
      assertEquals(problems, []);
      await close();
    },
  );

  itInChromium(
    "stops the answer in every window after a reload, and keeps what was written",
    async () => {
      const { page, problems, close } = await open();
      await page.click(`text=${SECOND_QUESTION}`);
      await writes(page, 50);
      const second = await secondWindow(page);
      await page.reload();
      await writes(page, 60);
      await writes(second, 60);
      await stop(page);
      for (const each of [page, second]) {
        await isDone(each);
        await each.waitForSelector('article em:text("stopped")');
      }
      const shown = await answerIn(second);
      const whole = await textOf(SECOND_QUESTION);
      assert(whole.startsWith(shown) && whole !== shown, shown);

      await page.reload();
      await page.waitForSelector('article em:text("stopped")');
      const kept = await answerIn(page);
      assert(kept.startsWith(shown) && whole.startsWith(kept), kept);
      // The chat goes on.
      await page.click("text=What is happening here?");
      await page.waitForSelector("article:nth-of-type(4) table");
      await stop(page);
      await isDone(page);
      assertEquals(problems, []);
      await close();
    },
  );

  itInChromium(
    "shows the whole answer though the gateway is killed while it is written",
    async () => {
      const { page, close } = await open();
      await page.click(`text=${SECOND_QUESTION}`);
      await writes(page, 50);
      const second = await secondWindow(page);
      await writes(second, 60);
      const [, pid] = [...example.output().matchAll(/kill -9 (\d+)/g)].at(-1) ??
        [];
      process.kill(Number(pid), "SIGKILL");
      await example.wrote("The gateway was killed");
      await page.reload();
      const whole = await textOf(SECOND_QUESTION);
      for (const each of [page, second]) {
        await isDone(each);
        assertEquals(await answerIn(each), whole);
        assertEquals(await each.locator("article").count(), 2);
      }
      await close();
    },
  );

  itInChromium(
    "says that another window asked first, and gives the question back",
    async () => {
      const { page, close } = await open();
      const second = await secondWindow(page);
      // The second window hears of the first one's question only later.
      const held = Promise.withResolvers<void>();
      await second.route(/\/api\/chat\/[\w-]+$/, async (route) => {
        await held.promise;
        await route.continue();
      });
      await page.click(`text=${SECOND_QUESTION}`);
      await writes(page, 10);
      await second.getByLabel("Your question").fill("Is it spring?");
      await second.keyboard.press("Enter");
      await second.waitForSelector(
        '[role="alert"]:text("Another window asked first")',
      );
      held.resolve();
      await writes(second, 20);
      const input = second.getByLabel("Your question");
      assertEquals(await input.inputValue(), "Is it spring?");
      assertEquals(await second.locator("article").count(), 2);
      await stop(second);
      await isDone(page);
      await page.reload();
      await page.waitForSelector("article");
      assertEquals(await page.locator("article.user").count(), 1);
      await close();
    },
  );

  itInChromium("keeps several chats of a user apart", async () => {
    const { page, problems, texts, close } = await open();
    await page.click(`text=${SECOND_QUESTION}`);
    await writes(page, 10);
    assertEquals(await texts("nav a"), [SECOND_QUESTION]);
    await stop(page);
    const first = page.url();
    await page.click("text=New chat >> nth=0");
    await page.waitForSelector("h1");
    assert(page.url() !== first, page.url());
    assertEquals(await texts("nav a"), ["New chat", SECOND_QUESTION]);
    await page.click(`nav >> text=${SECOND_QUESTION}`);
    await page.waitForSelector("article.assistant");
    assertEquals(page.url(), first);
    assertEquals(problems, []);

    const stranger = await visit(browser, first);
    await stranger.page.waitForSelector('[role="alert"]:text("not yours")');
    await stranger.page.click("text=Your own chats");
    await stranger.page.waitForSelector("h1");
    await stranger.close();
    await close();
  });
});

describe("the site of example ai-chat", () => {
  it("saves the question and the answer as the page shows them", async () => {
    const site = new SiteUnderTest();
    const chat = site.open();
    await chat.sendMessage({ text: SECOND_QUESTION });
    assertEquals(chat.error, undefined);
    assertEquals(
      chat.lastMessage?.parts.map(({ type }) => type),
      ["step-start", "reasoning", "tool-tideTable", "step-start", "text"],
    );
    assertEquals(site.saved(), asJson(chat.messages));
    const answer = await site.get(`/api/chat/${site.chatId}`);
    assertEquals(await answer.json(), site.saved());
    await site.close();
  });

  it("stops the model when the reader stops the answer, and saves what was written", async () => {
    const site = new SiteUnderTest(10);
    const chat = site.open();
    const sent = chat.sendMessage({ text: SECOND_QUESTION });
    await until(() => chat.lastMessage?.role === "assistant");
    await chat.stop();
    await sent;
    await until(() => site.saved().length === 2);
    assertEquals(site.calls.map(({ aborted }) => aborted), [true]);
    const [, answer] = site.saved();
    assertEquals(answer?.id, chat.lastMessage?.id);
    assertEquals(answer?.parts.at(-1)?.type, "reasoning");
    await site.close();
  });

  it("refuses a question while an answer is written, and does not save it", async () => {
    const site = new SiteUnderTest(10);
    const chat = site.open();
    const sent = chat.sendMessage({ text: SECOND_QUESTION });
    await until(() => chat.lastMessage?.role === "assistant");
    const second = site.open();
    await second.sendMessage({ text: QUESTION });
    assertEquals(Object(second.error).code, "stream_open");
    assertEquals(site.calls.length, 1);
    await chat.stop();
    await sent;
    await until(() => site.saved().length === 2);
    assertEquals(site.saved()[0], asJson(chat.messages[0]));
    await site.close();
  });

  it("puts an answer that is asked for again in the place of the first one", async () => {
    const site = new SiteUnderTest();
    const chat = site.open();
    await chat.sendMessage({ text: SECOND_QUESTION });
    const [, first] = chat.messages;
    await chat.regenerate();
    assertEquals(chat.messages.length, 2);
    assert(chat.messages[1]?.id !== first?.id);
    assertEquals(site.saved(), asJson(chat.messages));
    await site.close();
  });

  it("refuses the chat of another user, and what is no question", async () => {
    const site = new SiteUnderTest();
    const message = { id: "1", role: "user", parts: [] };
    const stranger = { cookie: "user=bob" };
    const path = `/api/chat/${site.chatId}`;
    for (const headers of [stranger, {}]) {
      const answers = [
        await site.get(path, headers),
        await site.get(`${path}/token`, headers),
        await site.post({ id: site.chatId, message }, headers),
      ];
      assertEquals(answers.map(({ status }) => status), [403, 403, 403]);
    }
    const messages = [
      { ...message, role: "system" },
      { ...message, parts: [{ type: "file" }] },
      undefined,
    ];
    for (const message of messages) {
      const answer = await site.post({ id: site.chatId, message });
      assertEquals(answer.status, 400);
    }
    assertEquals(site.saved(), []);
    assertEquals(site.calls, []);
    await site.close();
  });
});

/** The site of the example, with a chat of the user Ann and a gateway in memory. */
class SiteUnderTest {
  readonly #test = createTestRealtime();
  readonly #chats = new Chats(":memory:");
  readonly #site: ReturnType<typeof createSite>;
  readonly chatId = this.#chats.create("ann");
  /** The signals of the model's calls so far. */
  readonly calls: AbortSignal[] = [];

  /** @param pauseMs The model's pause before each word, in milliseconds. */
  constructor(pauseMs: number = 0) {
    const script = scriptedModel(pauseMs);
    const model: Model = {
      ...script,
      doStream: (options) => {
        if (options.abortSignal) this.calls.push(options.abortSignal);
        return script.doStream(options);
      },
    };
    this.#site = createSite(this.#test.realtime, this.#chats, { model });
  }

  /** Opens the chat as the page does. */
  open(): Chat<ChatMessage> {
    const transport = createChatTransport<ChatMessage>({
      token: ({ chatId }) => this.get(`/api/chat/${chatId}/token`),
      fetch: (_, init) => this.post(JSON.parse(String(init?.body))),
      prepareSendMessagesRequest: ({ id, messages }) => ({
        body: { id, message: messages.at(-1) },
      }),
    });
    return new Chat({ id: this.chatId, transport });
  }

  saved(): ChatMessage[] {
    return this.#chats.messages(this.chatId);
  }

  async get(path: string, headers: HeadersInit = ANN): Promise<Response> {
    return await this.#site.request(path, { headers });
  }

  async post(body: unknown, headers: HeadersInit = ANN): Promise<Response> {
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return await this.#site.request("/api/chat", init);
  }

  async close(): Promise<void> {
    await this.#test.close();
    this.#chats.close();
  }
}

/** Returns a value as JSON keeps it, without fields that are undefined. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Resolves when the last answer's text is longer than a number of characters. */
async function writes(page: Page, length: number): Promise<void> {
  await page.waitForFunction(
    `[...document.querySelectorAll("article.assistant > p")].at(-1)?.textContent.length > ${length}`,
  );
}

/** Resolves when no answer is being written. */
async function isDone(page: Page): Promise<void> {
  await page.waitForSelector('[aria-busy="false"] article.assistant');
}

/** The button moves while the answer grows, so a click that waits for it to stand still may come when the answer is complete. */
async function stop(page: Page): Promise<void> {
  await page.dispatchEvent("text=stop the answer", "click");
}

async function answerIn(page: Page): Promise<string> {
  return await page.locator("article.assistant > p").last().textContent() ??
    "";
}

/** Returns the model's whole answer to a question. */
async function textOf(question: string): Promise<string> {
  const { stream } = await scriptedModel(0).doStream({
    prompt: [
      { role: "user", content: [{ type: "text", text: question }] },
      { role: "tool", content: [] },
    ],
  });
  let text = "";
  for await (const part of stream) {
    if (part.type === "text-delta") text += part.delta;
  }
  assertMatch(text, /\w/);
  return text;
}

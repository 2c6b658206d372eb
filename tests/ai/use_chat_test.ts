import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { buildSync } from "esbuild";
import { Hono } from "hono";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { chatToken, publishChat } from "../../ai.ts";
import { serve } from "../../server/mod.ts";
import {
  ChatApp,
  TEXT_END,
  textBegin,
  textDeltas,
  WrittenAnswer,
} from "../support/ai/chat_app.ts";
import { launchChromium } from "../support/browser/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { chromiumPath } from "../support/requirements.ts";
import type { ChatScenario } from "./chat_page.tsx";

const executablePath = chromiumPath();
const withChromium = executablePath === undefined ? describe.skip : describe;

/** Bundles the page as an app's bundler does in development, in which React mounts components twice. */
function bundlePage(): string {
  return buildSync({
    entryPoints: [fileURLToPath(new URL("./chat_page.tsx", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "error",
  }).outputFiles[0]?.text ?? "";
}

// At module level, because Deno reports what esbuild leaves open inside a test as a leak.
const script = executablePath === undefined ? "" : bundlePage();

withChromium("useChat() in Chromium", () => {
  let gateway: TestGateway;
  let app: ChatApp;
  let site: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  /** The answers of the next requests, in order. */
  const answers: WrittenAnswer[] = [];

  beforeAll(async () => {
    if (executablePath === undefined) return;
    gateway = await startGateway();
    app = new ChatApp(gateway);
    const { realtime } = app;
    const routes = new Hono()
      .get("/", (c) =>
        c.html(
          `<!doctype html><title>Chat</title><link rel="icon" href="data:,">` +
            `<div id="root"></div><script type="module" src="/page.js"></script>`,
        ))
      .get(
        "/page.js",
        (c) => c.body(script, 200, { "content-type": "text/javascript" }),
      )
      .get(
        "/token",
        async (c) =>
          c.json(
            await chatToken(realtime, { chatId: c.req.query("id") ?? "" }),
          ),
      )
      .post("/api/chat", async (c) => {
        const { id } = await c.req.json();
        const answer = answers.shift();
        if (!answer) return c.text("The test has no answer", 500);
        return await publishChat(realtime, {
          chatId: id,
          stream: answer.source,
        });
      });
    site = await serve(routes, { port: 0 });
    browser = await launchChromium(executablePath);
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await gateway.close();
  });

  /** Opens a page in development, and asks a question whose answer the test writes. */
  async function ask(
    scenario: ChatScenario,
  ): Promise<{ page: Page; answer: WrittenAnswer }> {
    const page = await browser.newPage();
    const hash = encodeURIComponent(JSON.stringify(scenario));
    await page.goto(`${site.url}#${hash}`);
    const answer = new WrittenAnswer();
    answers.push(answer);
    await page.click("#send");
    answer.write(...textBegin("a1", "The tide "));
    await shows(page, "answer", "The tide ");
    return { page, answer };
  }

  /** Waits until an element of the page has a text. */
  async function shows(page: Page, id: string, text: string): Promise<void> {
    await page.locator(`#${id}`, { hasText: new RegExp(`^${text}$`) })
      .waitFor({ state: "attached" });
  }

  /** Waits until the signal of an answer aborts. */
  async function aborted(answer: WrittenAnswer): Promise<void> {
    const signal = await answer.opened;
    if (signal.aborted) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }

  it("shows a running answer after a reload, though StrictMode mounts the chat twice", async () => {
    const { page, answer } = await ask({ id: "strict" });
    await page.reload();
    await shows(page, "answer", "The tide ");
    assertEquals((await answer.opened).aborted, false);
    answer.end(...textDeltas("rises"), ...TEXT_END);
    await shows(page, "answer", "The tide rises");
    await shows(page, "status", "ready");
    await page.close();
  });

  it("stops the answer at its source, also after a reload", async () => {
    const { page, answer } = await ask({ id: "stopped" });
    await page.reload();
    await shows(page, "answer", "The tide ");
    await page.click("#stop");
    await aborted(answer);
    await shows(page, "status", "ready");
    await shows(page, "answer", "The tide ");
    await page.close();
  });

  it("stops the answer when the chat is removed from the page", async () => {
    const { page, answer } = await ask({ id: "removed" });
    await page.click("#remove");
    await aborted(answer);
    await page.close();
  });

  it("leaves the answer running when the chat is removed, if it is told so", async () => {
    const { page, answer } = await ask({ id: "left", whenAborted: "keep" });
    await page.click("#remove");
    await page.reload();
    await shows(page, "answer", "The tide ");
    assertEquals((await answer.opened).aborted, false);
    answer.end(...textDeltas("rises"), ...TEXT_END);
    await shows(page, "answer", "The tide rises");
    await page.close();
  });

  it("shows why the route refused, and keeps the answer that is shown", async () => {
    const { page, answer } = await ask({ id: "refused" });
    await page.click("#send");
    await shows(
      page,
      "error",
      "Cannot send the message: The test has no answer",
    );
    await shows(page, "answer", "The tide ");
    answer.end(...TEXT_END);
    await page.close();
  });
});

import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser } from "playwright-core";
import type { lobby } from "../../examples/edge-function/channels.ts";
import { type Realtime, subscribe } from "../../mod.ts";
import { launchChromium } from "../support/browser/browser.ts";
import {
  type RunningExample,
  startExample,
} from "../support/browser/example.ts";
import { chromiumPath } from "../support/requirements.ts";
import { visit } from "../support/browser/visit.ts";

type LobbyToken = Realtime.Token<ReturnType<typeof lobby>, ["hello"]>;

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

describe("example edge-function", () => {
  let example: RunningExample;
  let browser: Browser | undefined;

  beforeAll(async () => {
    example = await startExample("edge-function");
    browser = executablePath === undefined
      ? undefined
      : await launchChromium(executablePath);
  });

  afterAll(async () => {
    await browser?.close();
    await example.close();
  });

  it("publishes on workerd, and mints a token that subscribes", async () => {
    const answer = await fetch(`${example.url}/token`);
    const token: LobbyToken = await answer.json();
    const messages = await subscribe(token);
    const { id } = await (await fetch(`${example.url}/hello`, {
      method: "POST",
      body: "Moin",
    })).json();
    for await (const message of messages) {
      assertEquals(message.id, id);
      assertEquals(message.data, {
        greeting: "Moin",
        from: "Cloudflare-Workers",
      });
      break;
    }
  });

  itInChromium(
    "shows greetings in every window, and after a reload",
    async () => {
      if (browser === undefined) throw new Error("There is no browser");
      const { page, problems, texts, close } = await visit(
        browser,
        example.url,
      );
      const second = await page.context().newPage();
      await second.goto(example.url);
      await page.click("text=Ahoy");
      for (const each of [page, second]) {
        await each.waitForSelector('li:text("Ahoy, from Cloudflare-Workers")');
      }
      const before = await texts("li");
      await page.reload();
      await page.waitForSelector('li:text("Ahoy, from Cloudflare-Workers")');
      assertEquals(await texts("li"), before);
      assertMatch(before[0] ?? "", /^Ahoy, from Cloudflare-Workers\s+\d/);
      assertEquals(problems, []);
      await close();
    },
  );
});

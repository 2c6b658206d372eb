import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { Agent } from "../../examples/human-in-the-loop/agent.ts";
import { refunds } from "../../examples/human-in-the-loop/channels.ts";
import { OpenClaims } from "../../examples/human-in-the-loop/open_claims.ts";
import { createSite } from "../../examples/human-in-the-loop/site.ts";
import { type RealtimeApp, subscribe } from "../../mod.ts";
import { createTestRealtime } from "../../server/testing.ts";
import { launchChromium } from "../support/browser/browser.ts";
import {
  type RunningExample,
  startExample,
} from "../support/browser/example.ts";
import { visit } from "../support/browser/visit.ts";
import { setGlobals } from "../support/globals.ts";
import { chromiumPath } from "../support/requirements.ts";

const DAY_MS = 86_400_000;

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

describe("example human-in-the-loop", () => {
  let folder: string;
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidings-refunds-"));
    if (executablePath) browser = await launchChromium(executablePath);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Starts everything: the gateway, the agent and the site. */
  function start(port: string = "0"): Promise<RunningExample> {
    return startExample("human-in-the-loop", ["--port", port], {
      DATA_FOLDER: folder,
    });
  }

  async function claimsIn(folder: string): Promise<unknown[]> {
    return JSON.parse(await readFile(join(folder, "claims.json"), "utf8"));
  }

  itInChromium(
    "asks in every window, continues with the first decision, and shows it after a reload",
    async () => {
      if (!browser) return;
      const example = await start();
      const { page, problems, texts, close } = await visit(
        browser,
        example.url,
      );
      await page.waitForSelector('p:text("The agent pays")');
      await page.click("text=Handle today");
      await page.waitForSelector("li:nth-child(3)");
      assertEquals(await texts("li b"), ["129 EUR", "480 EUR"]);
      assertEquals((await texts("li em"))[0], "12 EUR, paid without asking");

      const other = await page.context().newPage();
      await other.goto(example.url);
      await other.click("text=Approve >> nth=0");
      await page.waitForSelector('em[data-approved="true"]:text("paid")');
      await page.click("text=Decline");
      await other.waitForSelector('em[data-approved="false"]:text("declined")');

      await page.reload();
      await page.waitForSelector('em[data-approved="false"]:text("declined")');
      const shown = await texts("li em");
      assertEquals(shown, await other.locator("li em").allInnerTexts());
      assertEquals(shown, [
        "12 EUR, paid without asking",
        "paid",
        "declined; the customer was told",
      ]);
      assertEquals(problems, []);
      await close();
      await example.close();
      assertEquals(await claimsIn(folder), []);
    },
  );

  itInChromium(
    "goes on with its questions after everything was stopped and started again",
    async () => {
      if (!browser) return;
      const before = await start();
      const { page, texts, close } = await visit(browser, before.url);
      await page.click("text=Handle today");
      await page.waitForSelector("li:nth-child(3)");
      await before.close();
      assertEquals((await claimsIn(folder)).length, 2);

      const after = await start(new URL(before.url).port);
      const other = await page.context().newPage();
      await other.goto(after.url);
      await other.waitForSelector("li:nth-child(3)");
      // The window that was open all the time has found the gateway again.
      await page.click("text=Approve >> nth=0");
      await other.waitForSelector('em[data-approved="true"]:text("paid")');
      await other.click("text=Decline");
      await page.waitForSelector('em[data-approved="false"]:text("declined")');
      // No claim was asked twice.
      assertEquals((await texts("li")).length, 3);
      assertEquals(await other.locator("li").count(), 3);
      await close();
      await after.close();
      assertEquals(await claimsIn(folder), []);
    },
  );

  /** Makes an agent whose claims are in a file of their own. */
  function agentOf(realtime: RealtimeApp, file: string): Agent {
    return new Agent(realtime, new OpenClaims(join(folder, file)));
  }

  it("pays an approved claim, and postpones one that no one decides", async () => {
    const test = createTestRealtime();
    // The one that waits is the first, and must not delay the other.
    const claims = [
      { order: "2", customer: "Bob", amount: 70, reason: "Late" },
      { order: "1", customer: "Ann", amount: 60, reason: "Late" },
    ];
    const agent = agentOf(test.realtime, "postponed.json");
    const token = await tokenFor(createSite(agent, test.realtime));
    const page = await subscribe(token);
    using timers = holdLongTimers();
    const handled = agent.handle("ann", claims);
    for await (const message of page) {
      if (message.topic === "outcome") break;
      if (message.topic === "approval" && message.data.order === "1") {
        await page.reply(message, { isApproved: true });
      }
    }
    timers.fire();
    await handled;
    const messages = await test.messages(refunds("ann"));
    const outcomes = messages.filter(({ topic }) => topic === "outcome")
      .map(({ data }) => data);
    assertEquals(outcomes, [
      { order: "1", text: "paid" },
      { order: "2", text: "postponed: no one decided in time" },
    ]);
    await test.close();
  });

  it("counts a decision that came while the agent was off, though its time is over", async () => {
    const test = createTestRealtime();
    const { realtime } = test;
    const claim = { order: "1", customer: "Ann", amount: 60, reason: "Late" };
    const { id } = await realtime.publish(refunds("eve").approval, claim);
    const open = new OpenClaims(join(folder, "off.json"));
    open.save({ userId: "eve", claim, until: Date.now(), questionId: id });
    const token = await realtime.token({
      channel: refunds("eve"),
      topics: ["approval"],
      publish: ["decision"],
    });
    const page = await subscribe(token, { from: "start" });
    for await (const question of page) {
      await page.reply(question, { isApproved: true });
      break;
    }
    await agentOf(realtime, "off.json").resume();
    const { data } = (await test.messages(refunds("eve"))).at(-1) ?? {};
    assertEquals(data, { order: "1", text: "paid" });
    assertEquals(new OpenClaims(join(folder, "off.json")).all(), []);
    await test.close();
  });

  it("mints tokens that may publish decisions but no questions, and none for strangers", async () => {
    const test = createTestRealtime();
    const agent = agentOf(test.realtime, "tokens.json");
    const site = createSite(agent, test.realtime);
    const page = await subscribe(await tokenFor(site));
    const code = await page.send("approval", {}).catch(({ code }) => code);
    assertEquals(code, "forbidden");
    await page.close();
    const none = await site.request("/api/realtime-token", { method: "POST" });
    assertEquals(none.status, 403);
    await test.close();
  });
});

/** Holds back the timers of a day or more until the test lets them fire. Those that are set later fire at once. */
function holdLongTimers(): Disposable & { fire(): void } {
  const { setTimeout, clearTimeout } = globalThis;
  const held = new Map<unknown, () => void>();
  let isOver = false;
  const restore = setGlobals({
    setTimeout(action: () => void, ms: number, ...args: []): unknown {
      if (!(ms >= DAY_MS)) return setTimeout(action, ms, ...args);
      if (isOver) return setTimeout(action, 0);
      const timer = {};
      held.set(timer, action);
      return timer;
    },
    clearTimeout(timer: ReturnType<typeof setTimeout>): void {
      if (!held.delete(timer)) clearTimeout(timer);
    },
  });
  return {
    fire() {
      isOver = true;
      const actions = [...held.values()];
      held.clear();
      for (const action of actions) action();
    },
    [Symbol.dispose]: restore,
  };
}

async function tokenFor(site: ReturnType<typeof createSite>) {
  const answer = await site.request("/api/realtime-token", {
    method: "POST",
    headers: { cookie: "user=ann" },
  });
  return (await answer.json()).token;
}

import { InngestTestEngine } from "@inngest/test";
import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import process from "node:process";
import { userChannel } from "../../examples/inngest/channels.ts";
import { createTestRealtime } from "../../server/testing.ts";
import { ownAsyncContext } from "../inngest/sdk.ts";
import { useExamplePage } from "../support/browser/example_page.ts";

const SHOWN = [
  "Looking at what you like",
  "Asking the model",
  "Ursula K. Le Guin: The Dispossessed",
  "Stanisław Lem: Solaris",
  "Becky Chambers: A Closed and Common Orbit",
];

describe("example inngest", () => {
  const site = useExamplePage("inngest");

  site.itInChromium(
    "shows each message of a run once, though a step was retried and the page reloaded",
    async () => {
      const { page, problems, texts, close } = await site.visit();
      await page.waitForSelector('footer:text("active")');
      await page.click("button");
      await page.waitForSelector('li:text("Asking the model")');
      await page.waitForSelector('footer[data-run="running"]');
      await page.reload();
      await page.waitForSelector('footer[data-run="completed"]');
      await page.waitForSelector(`li:text("${SHOWN.at(-1)}")`);
      assertEquals(await texts("li"), SHOWN);
      assertEquals(problems, []);

      await site.example.wrote("logs: Recommended 3 books");
      const output = site.example.output();
      assertMatch(output, /^Inngest step error: The model is busy$/m);
      assertMatch(output, /create-recommendation: attempt 1 failed/);
      await close();
    },
  );

  it("publishes the messages of its steps", async () => {
    const restore = ownAsyncContext();
    const test = createTestRealtime();
    // The client reads these when it publishes for the first time.
    process.env.REALTIME_URL = test.url;
    process.env.REALTIME_SIGNING_KEY = test.signingKey;
    const { createRecommendation } = await import(
      "../../examples/inngest/functions.ts"
    );
    const engine = new InngestTestEngine({
      function: createRecommendation,
      events: [{
        name: "ai/recommendation.requested",
        data: { userId: "ann", prompt: "space" },
      }],
    });

    const { result } = await engine.executeStep("read-taste");
    assertEquals(result, "space");
    const messages = await test.messages(userChannel("ann"));
    assertEquals(messages.filter(({ topic }) => topic === "ai"), [
      {
        topic: "ai",
        data: { response: "Looking at what you like", success: 1 },
      },
    ]);

    delete process.env.REALTIME_URL;
    delete process.env.REALTIME_SIGNING_KEY;
    await test.close();
    restore();
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { handle } from "../../examples/human-in-the-loop/agent.ts";
import { refunds } from "../../examples/human-in-the-loop/channels.ts";
import { createSite } from "../../examples/human-in-the-loop/site.ts";
import { subscribe } from "../../mod.ts";
import { createTestRealtime } from "../../server/testing.ts";
import { useExamplePage } from "../support/browser/example_page.ts";

describe("example human-in-the-loop", () => {
  const site = useExamplePage("human-in-the-loop");

  site.itInChromium(
    "asks in every window, continues with the first decision, and shows it after a reload",
    async () => {
      const { page, problems, texts, close } = await site.visit();
      await page.waitForSelector('p:text("The agent pays")');
      await page.click("text=Handle today");
      await page.waitForSelector("li:nth-child(3)");
      assertEquals(await texts("li b"), ["129 EUR", "480 EUR"]);
      assertEquals((await texts("li em"))[0], "12 EUR, paid without asking");

      const other = await page.context().newPage();
      await other.goto(site.example.url);
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
    },
  );

  it("pays an approved claim, and postpones one that no one decides", async () => {
    const test = createTestRealtime();
    const claims = [
      { order: "1", customer: "Ann", amount: 60, reason: "Late" },
      { order: "2", customer: "Bob", amount: 70, reason: "Late" },
    ];
    const token = await tokenFor(createSite({ realtime: test.realtime }));
    const page = await subscribe(token);
    const handled = handle(test.realtime, "ann", claims, 300);
    for await (const message of page) {
      if (message.topic !== "approval") continue;
      if (message.data.order === "1") {
        await page.reply(message, { isApproved: true });
      }
      if (message.data.order === "2") break;
    }
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

  it("mints tokens that may publish decisions but no questions, and none for strangers", async () => {
    const test = createTestRealtime();
    const site = createSite({ realtime: test.realtime });
    const page = await subscribe(await tokenFor(site));
    const code = await page.send("approval", {}).catch(({ code }) => code);
    assertEquals(code, "forbidden");
    await page.close();
    const none = await site.request("/api/realtime-token", { method: "POST" });
    assertEquals(none.status, 403);
    await test.close();
  });
});

async function tokenFor(site: ReturnType<typeof createSite>) {
  const answer = await site.request("/api/realtime-token", {
    method: "POST",
    headers: { cookie: "user=ann" },
  });
  return (await answer.json()).token;
}

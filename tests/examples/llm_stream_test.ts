import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { chat } from "../../examples/llm-stream/channels.ts";
import { complete } from "../../examples/llm-stream/llm.ts";
import { createSite } from "../../examples/llm-stream/site.ts";
import { subscribe } from "../../mod.ts";
import { createTestRealtime } from "../../server/testing.ts";
import { useExamplePage } from "../support/browser/example_page.ts";

const QUESTION = "What is a neap tide?";

describe("example llm-stream", () => {
  const site = useExamplePage("llm-stream");

  site.itInChromium(
    "shows the whole answer after a reload in the middle, and in a second window",
    async () => {
      const whole = textOf(complete(QUESTION));
      const { page, problems, texts, close } = await site.visit();
      await page.click(`text=${QUESTION}`);
      await page.waitForFunction(
        "document.querySelector('article p').textContent.length > 200",
      );
      const [before = ""] = await texts("article p");
      await page.reload();
      await page.waitForSelector('article[aria-busy="true"]');
      const second = await page.context().newPage();
      await second.goto(site.example.url);

      for (const each of [page, second]) {
        await each.waitForSelector('h1:text("neap")');
        await each.waitForSelector("fieldset:enabled");
        await each.waitForSelector(
          'article[aria-busy="false"] p:text("fortnight")',
        );
        assertEquals(await each.textContent("article p"), await whole);
      }
      assert((await whole).startsWith(before.trimEnd()), before);
      assert(before.length < (await whole).length, "it was not in the middle");
      assertEquals(problems, []);
      await close();
    },
  );

  site.itInChromium("asks the question that is filled in", async () => {
    const { page, problems, close } = await site.visit();
    const question = await page.inputValue("input");
    await page.click("text=Ask >> nth=-1");
    await page.waitForSelector(`h1:text("${question}")`);
    await page.waitForSelector('article[aria-busy="true"]');
    assertEquals(await page.inputValue("input"), question);
    assertEquals(problems, []);
    await close();
  });

  site.itInChromium("stops the answer in every window", async () => {
    const { page, problems, close } = await site.visit();
    await page.click(`text=${QUESTION}`);
    await page.waitForFunction(
      "document.querySelector('article p').textContent.length > 50",
    );
    const second = await page.context().newPage();
    await second.goto(site.example.url);
    await second.waitForSelector('article[aria-busy="true"]');
    // The button moves while the answer grows, so a click that waits for it to stand still may come when the answer is complete.
    await page.dispatchEvent("text=stop the answer", "click");
    for (const each of [page, second]) {
      await each.waitForSelector("fieldset:enabled");
    }
    const text = await page.textContent("article p");
    assertEquals(await second.textContent("article p"), text);
    const whole = await textOf(complete(QUESTION));
    assert(whole.startsWith(text ?? "-") && whole !== text, text ?? "");
    assertEquals(problems, []);
    await close();
  });

  it("publishes the question, and the answer as a stream", async () => {
    const test = createTestRealtime();
    const site = createSite(
      { realtime: test.realtime },
      async function* (question) {
        yield "You asked: ";
        yield question;
      },
    );
    const watching = await subscribe({
      app: test.realtime,
      channel: chat("ann"),
      topics: ["answer"],
    });
    const answer = await site.request("/api/ask", {
      method: "POST",
      headers: { cookie: "user=ann" },
      body: JSON.stringify({ question: QUESTION }),
    });
    assertEquals(answer.status, 202);
    for await (const { kind } of watching) {
      if (kind === "datastream-end") break;
    }
    assertEquals(await test.messages(chat("ann")), [
      { topic: "question", data: QUESTION },
      { topic: "answer", data: `You asked: ${QUESTION}` },
    ]);
    await test.close();
  });

  it("mints tokens only for a user's own chat, and none for strangers", async () => {
    const test = createTestRealtime();
    const site = createSite({ realtime: test.realtime });
    const path = "/api/realtime-token?topic=answer";
    assertEquals((await site.request(path)).status, 403);
    const headers = { cookie: "user=ann" };
    const answer = await site.request(`${path}&channel=chat:bob`, { headers });
    const { token } = await answer.json();
    assertEquals(token.channel, "chat:ann");
    await test.close();
  });
});

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

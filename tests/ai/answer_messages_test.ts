import { assertEquals, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessageChunk } from "ai";
import { ManyChats } from "../support/ai/many_chats.ts";
import { answerOf } from "../support/ai/half_answer.ts";
import { QUESTION } from "../support/ai/observed_chat.ts";
import { startGateway } from "../support/gateway/gateway.ts";
import { logOf } from "../support/wire/streams.ts";
import { connectReady, tokenFor } from "../support/wire/websocket.ts";

const DELTAS = 5_000;

async function* answer(): AsyncGenerator<UIMessageChunk> {
  yield { type: "start", messageId: "answer" };
  yield { type: "text-start", id: "1" };
  for (let i = 0; i < DELTAS; i++) {
    yield { type: "text-delta", id: "1", delta: `${i} ` };
  }
  yield { type: "text-end", id: "1" };
}

describe("An answer of 5,000 deltas", () => {
  it("is a few messages of the log, and fewer for those who come late", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway);
    app.answer("x", answer);
    const page = app.open("x", []);
    await page.chat.sendMessage(QUESTION);
    const text = Array.from({ length: DELTAS }, (_, i) => `${i} `).join("");
    assertEquals(page.outcome().messages, [QUESTION, answerOf(text, "done")]);

    const log = await logOf(gateway, "chat:x");
    assertLess(log.length, 600);
    // A line of a delta has little beside its text.
    const characters = log.reduce((n, { data }) => n + String(data).length, 0);
    assertLess(characters, 2 * text.length);

    const token = await tokenFor(gateway, ["chat:x/answer"]);
    const { client } = await connectReady(gateway, { token, since: "start" });
    const kinds: string[] = [];
    while (kinds.at(-1) !== "datastream-end") {
      kinds.push((await client.next()).kind);
    }
    await client.close();
    assertEquals(kinds, ["datastream-start", "chunk", "datastream-end"]);
  });
});

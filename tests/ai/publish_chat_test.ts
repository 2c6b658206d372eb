import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { publishChat, type PublishChatOptions } from "../../ai.ts";
import type { RealtimeApp } from "../../mod.ts";
import { streamOf, textAnswer } from "../support/ai/chat_app.ts";
import { appOf } from "../support/client/client.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";

let gateway: TestGateway;
let app: RealtimeApp;
beforeAll(async () => {
  gateway = await startGateway();
  app = appOf(gateway);
});
afterAll(() => gateway.close());

/** Publishes an answer, and waits for its end. */
async function publishToEnd(options: PublishChatOptions): Promise<Response> {
  const ends: Promise<void>[] = [];
  const waitUntil = (ended: Promise<void>) => ends.push(ended);
  const response = await publishChat(app, { ...options, waitUntil });
  await Promise.all(ends);
  return response;
}

describe("publishChat()", () => {
  it("does not abort the signal of an answer that ended by itself", async () => {
    let signal: AbortSignal | undefined;
    await publishToEnd({
      chatId: "ended",
      stream(abortSignal) {
        signal = abortSignal;
        return streamOf(textAnswer("a", "The tide"));
      },
    });
    assertEquals(signal?.aborted, false);
  });

  it("gives waitUntil a promise that does not reject though onError throws", async () => {
    const { error: log } = console;
    const logged: unknown[] = [];
    console.error = (error) => logged.push(error);
    try {
      const thrown = new Error("It threw");
      const handlers = [
        () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
      ];
      for (const onError of handlers) {
        const response = await publishToEnd({
          chatId: "failed",
          stream: () => Promise.reject(new Error("No model")),
          onError,
        });
        assertEquals(response.status, 200);
      }
      assertEquals(logged, [thrown, thrown]);
    } finally {
      console.error = log;
    }
  });
});

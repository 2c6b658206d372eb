import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Inngest } from "inngest";
import { fetchWithStream } from "inngest/experimental/durable-endpoints/client";
import { startGateway } from "../support/gateway/gateway.ts";
import { createInbox, RUN_ID, withEnvironment } from "./sdk.ts";

/** Makes a body of two pieces, split inside an event and inside a character. */
function inHalves(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const cut = bytes.indexOf(0xc3) + 1;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, cut));
      controller.enqueue(bytes.subarray(cut));
      controller.close();
    },
  });
}

// The SDK leaves response bodies unread, which Deno reports as leaks.
describe("durable endpoints of inngest 4", { sanitizeResources: false }, () => {
  it("fetchWithStream() reads the bytes that are teed to the run's $stream", async () => {
    await using gateway = await startGateway();
    const app = await withEnvironment({}, () =>
      new Inngest({
        id: "app",
        baseUrl: gateway.url,
        signingKey: gateway.signingKey,
      }));
    const token = await app.realtime.token({
      channel: RUN_ID,
      topics: ["$stream"],
    });
    const streamUrl = new URL("/v1/realtime/sse", gateway.url);
    streamUrl.searchParams.set("token", token.key ?? "");
    const redirect = JSON.stringify({ runId: RUN_ID, url: streamUrl.href });
    const connected = Promise.withResolvers<void>();
    const inbox = createInbox<unknown>();
    const ended = fetchWithStream("http://app.test/endpoint", {
      // The endpoint responds like this once its run has become asynchronous.
      fetch: async (input, init) => {
        if (String(input) !== streamUrl.href) {
          return new Response(
            `event: inngest.redirect_info\ndata: ${redirect}\n\n`,
            { headers: { "content-type": "text/event-stream" } },
          );
        }
        const response = await fetch(input, init);
        connected.resolve();
        return response;
      },
      onData: ({ data }) => inbox.put(data),
    });
    await connected.promise;

    const answer = { body: "the end", headers: {}, statusCode: 201 };
    const events = [
      `event: inngest.stream\ndata: {"data":"one é"}\n\n`,
      `event: inngest.stream\ndata: {"data":{"two":2}}\n\n`,
      `event: inngest.response\ndata: ${
        JSON.stringify({ status: "succeeded", response: answer })
      }\n\n`,
    ];
    // The SDK's engine calls this; the SDK has no public function for it.
    await Reflect.get(app, "inngestApi").checkpointStream({
      runId: RUN_ID,
      body: inHalves(events.join("")),
    });
    assertEquals(await inbox.next(), "one é");
    assertEquals(await inbox.next(), { two: 2 });
    const response = await ended;
    assertEquals(response.status, 201);
    assertEquals(await response.text(), "the end");
  });
});

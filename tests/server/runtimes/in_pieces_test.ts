import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { toResponse } from "../../../server/http/answer.ts";
import { serve } from "../../../server/mod.ts";
import { SERVING } from "../../../server/runtimes/serving_hooks.ts";
import type { StreamedAnswer } from "../../../server/runtimes/json_answer.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";

const PIECE = "x".repeat(64 * 1024);

/** More pieces than all buffers between the gateway and a client hold. */
const MOST_PIECES = 1000;

const REQUEST = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

/** Serves an answer of many pieces, by `fetch` or, as only Node does, without a `Request`. */
async function serveAnswer(way: "fetch" | "direct", deadlineMs: number) {
  let pieces = 0;
  const ended = Promise.withResolvers<void>();
  function* write(): Generator<string, void> {
    while (pieces < MOST_PIECES) {
      pieces++;
      yield PIECE;
    }
  }
  function answer(): StreamedAnswer {
    const { resolve } = ended;
    const headers = { "content-type": "text/plain" };
    return {
      status: 200,
      headers,
      pieces: write(),
      deadlineMs,
      ended: resolve,
    };
  }
  const fetch = (_request: Request, env?: object) => toResponse(answer(), env);
  const hooks = { fetch, direct: () => answer, listening() {} };
  const app = way === "direct" ? { fetch, [SERVING]: hooks } : { fetch };
  const server = await serve(app, { port: 0 });
  return {
    url: server.url,
    ended: ended.promise,
    get pieces(): number {
      return pieces;
    },
    /** Sends the request and reads the head of the answer. */
    async ask(): Promise<RawSocket> {
      const client = await RawSocket.open(server.url);
      await client.write(REQUEST);
      await client.takeUntil("\r\n\r\n");
      return client;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);

for (const way of isNode ? ["fetch", "direct"] as const : ["fetch"] as const) {
  describe(`an answer in pieces, by ${way}`, () => {
    it("is written as its client reads, and ends where that stops", async () => {
      await using served = await serveAnswer(way, 200);
      await using client = await served.ask();
      client.pause();
      await served.ended;
      assert(served.pieces < MOST_PIECES / 2, `${served.pieces} were written`);
      client.resume();
      // The connection has ended, without the end of the answer.
      assertEquals((await client.takeAll()).includes("\r\n0\r\n"), false);
    });

    it("ends when its client leaves", async () => {
      await using served = await serveAnswer(way, 60_000);
      const client = await served.ask();
      client.pause();
      await client.close();
      await served.ended;
      assert(served.pieces < MOST_PIECES);
    });

    it("reaches a client that reads", async () => {
      await using served = await serveAnswer(way, 60_000);
      const text = await (await fetch(served.url)).text();
      assertEquals(text.length, MOST_PIECES * PIECE.length);
      await served.ended;
    });
  });
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  discardSource,
  isStream,
  isStreamSource,
  openStream,
  readChunks,
} from "../../../core/publish/stream_source.ts";

async function* words(): AsyncGenerator<string> {
  yield await Promise.resolve("one");
}

describe("isStreamSource()", () => {
  it("recognizes streams, async iterables and functions, but no other data", () => {
    assert(isStreamSource(new ReadableStream()));
    assert(isStreamSource(words()));
    assert(isStreamSource(words));
    assertEquals(isStream(words), false);
    for (const data of [null, undefined, "text", 1, [1], { getReader: 1 }]) {
      assertEquals(isStreamSource(data), false);
    }
  });
});

describe("openStream()", () => {
  it("calls a function with the signal, and returns a stream as it is", async () => {
    const { signal } = new AbortController();
    const stream = words();
    assertEquals(await openStream(stream, signal, "Cannot"), stream);
    let given: unknown;
    const open = (signal: AbortSignal) => {
      given = signal;
      return Promise.resolve(stream);
    };
    assertEquals(await openStream(open, signal, "Cannot"), stream);
    assertEquals(given, signal);
  });

  it("rejects if the function returns no stream", async () => {
    const { signal } = new AbortController();
    const open = (() => words) as never;
    const error = await assertRejects(
      () => openStream(open, signal, "Cannot publish"),
      RealtimeError,
      "Cannot publish: the function given as data did not return a stream",
    );
    assertEquals(error.code, "invalid_data");
  });
});

describe("readChunks()", () => {
  it("cancels either kind of stream, and ignores how that fails", async () => {
    const reasons: unknown[] = [];
    const stream = new ReadableStream({
      cancel(reason) {
        reasons.push(reason);
        throw new Error("The source failed");
      },
    });
    readChunks(stream).stop("why");
    let isClosed = false;
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: true as const, value: undefined }),
        return: () => {
          isClosed = true;
          return Promise.reject(new Error("The source failed"));
        },
      }),
    };
    discardSource(iterable);
    discardSource(() => iterable);
    await Promise.resolve();
    assertEquals([reasons, isClosed], [["why"], true]);
  });
});

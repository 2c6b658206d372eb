import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  ChunkQueue,
  flushMs,
  type QueuedLine,
} from "../../../core/publish/chunk_queue.ts";

function text(data: string): QueuedLine {
  return { kind: "chunk", data, size: data.length, isText: true };
}

const END: QueuedLine = { kind: "datastream-end", data: "s", size: 1 };

async function takeData(queue: ChunkQueue): Promise<unknown[]> {
  return (await queue.take()).map(({ data }) => data);
}

describe("ChunkQueue", () => {
  it("joins text that waits at the same time", async () => {
    const queue = new ChunkQueue({});
    for (const part of ["a", "b", "c"]) queue.add(text(part));
    assertEquals(await takeData(queue), ["abc"]);
  });

  it("joins text only with other text", async () => {
    const queue = new ChunkQueue({});
    queue.add(text("a"));
    queue.add({ kind: "chunk", data: { n: 1 }, size: 7 });
    queue.add({ kind: "chunk", data: "b", size: 1 });
    queue.add(text("c"));
    assertEquals(await takeData(queue), ["a", { n: 1 }, "b", "c"]);
  });

  it("does not wait for more once it has `chars` characters", async () => {
    const queue = new ChunkQueue({ interval: 1000, chars: 3 });
    const taken = takeData(queue);
    queue.add(text("a"));
    queue.add(text("bc"));
    assertEquals(await taken, ["abc"]);
  });

  it("does not wait for more after the last line", async () => {
    const queue = new ChunkQueue({ interval: 1000 });
    const taken = takeData(queue);
    queue.add(text("a"));
    queue.end(END);
    assertEquals(await taken, ["a", "s"]);
  });

  it("ignores lines after the last one, and all but the last one once it is closed", async () => {
    const queue = new ChunkQueue({});
    queue.close();
    queue.add(text("a"));
    queue.end(END);
    queue.add(text("b"));
    assertEquals(await takeData(queue), ["s"]);
  });

  it("does not join text to pieces that are too long", async () => {
    const queue = new ChunkQueue({});
    const part = "x".repeat(40 * 1024);
    queue.add(text(part));
    queue.add(text(part));
    assertEquals(await takeData(queue), [part, part]);
  });

  it("returns no more lines at once than a request carries", async () => {
    const queue = new ChunkQueue({});
    const part = { data: "x", size: 200 * 1024, kind: "chunk" } as const;
    queue.add(part);
    queue.add(part);
    assertEquals(await takeData(queue), ["x"]);
    assertEquals(await takeData(queue), ["x"]);
  });

  it("has room again when the waiting lines are taken", async () => {
    const queue = new ChunkQueue({});
    await queue.room();
    queue.add({ kind: "chunk", data: "x", size: 64 * 1024 });
    const room = queue.room().then(() => "room");
    assertEquals(await Promise.race([room, Promise.resolve("none")]), "none");
    await queue.take();
    assertEquals(await room, "room");
  });
});

describe("flushMs()", () => {
  /** Returns the number of messages of an answer with this many words, one each `msOfWord` milliseconds. */
  function messagesOf(words: number, msOfWord: number): number {
    let count = 0;
    for (let word = 0; word < words; count++) {
      // The words that come while the first one waits are sent with it.
      word += 1 + Math.floor(flushMs(count) / msOfWord);
    }
    return count;
  }

  it("keeps an answer of 2,000 words within a log of 1,000 messages, at the pace of any model", () => {
    for (const wordsOfSecond of [20, 40, 60, 100, 200, 500]) {
      const count = messagesOf(2000, 1000 / wordsOfSecond);
      assert(count < 1000, `${count} messages at ${wordsOfSecond} words/s`);
    }
    assertEquals(messagesOf(2000, 1000 / 40), 307);
    assertEquals(messagesOf(2000, 1000 / 100), 195);
  });

  it("sends an answer of 5,000 pieces at 50 a second as 600 messages at most", () => {
    assertEquals(messagesOf(5000, 1000 / 50), 505);
  });

  it("is short at the beginning of a stream, and never long", () => {
    assertEquals([0, 16, 32, 1e6].map(flushMs), [16, 16, 32, 250]);
  });
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { Untyped } from "../../../core/types/realtime.ts";
import { readAll, take } from "../../support/client/client.ts";
import {
  EPOCH,
  type FakeGateway,
  type FakePeer,
  frame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { joined } from "../../support/client/joining.ts";
import { outputOf } from "../../support/process/programs.ts";

/** A message of this text is a little longer than 1,000 characters. */
const TEXT = "x".repeat(1_000);

let offset = 0;

function start(stream_id: string): object {
  const kind = "datastream-start";
  return frame(++offset, stream_id, { kind, stream_id });
}

function chunk(stream_id: string, data: unknown = TEXT): object {
  return frame(++offset, data, { kind: "chunk", stream_id });
}

function end(stream_id: string): object {
  return frame(++offset, stream_id, { kind: "datastream-end", stream_id });
}

/** A whole stream of 5 chunks. */
function streamOf(id: string): object[] {
  return [start(id), ...Array.from({ length: 5 }, () => chunk(id)), end(id)];
}

/** Sends messages that the app reads, without their data streams; returns the first message. */
async function pass(
  { peer, reader }: {
    peer: FakePeer;
    reader: ReadableStreamDefaultReader<Untyped>;
  },
  frames: object[],
): Promise<Untyped> {
  peer.send(...frames);
  const messages: Untyped[] = [];
  for (const _ of frames) messages.push((await reader.read()).value);
  return messages[0];
}

/** Subscribes at a fake gateway, and begins to read. */
async function reading(
  gateway: FakeGateway,
  maxUnread = 20_000,
): Promise<
  AsyncDisposable & {
    peer: FakePeer;
    reader: ReadableStreamDefaultReader<Untyped>;
  }
> {
  const options = { maxUnread, onGap: () => {} };
  const { subscription, peer } = await joined(gateway, options);
  return {
    peer,
    reader: subscription.getReader(),
    [Symbol.asyncDispose]: () => subscription.close(),
  };
}

/** Waits until the client has received everything that was sent. */
async function received(peer: FakePeer): Promise<void> {
  peer.send({ kind: "ping" });
  await peer.next("pong");
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, RealtimeError)).code;
}

describe("Data streams", () => {
  it("that the app asked for and doesn't read are kept up to one limit, the newest ones", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway);
    const streams: ReadableStream[] = [];
    for (let i = 0; i < 60; i++) {
      streams.push((await pass(app, streamOf(`s${i}`))).stream);
    }
    const kept = await Promise.all(
      streams.map((stream) => readAll(stream).catch(({ code }) => code)),
    );
    const whole = kept.filter((chunks) => chunks.length === 5);
    assert(whole.length > 0 && whole.length <= 8, `${whole.length} are kept`);
    assertEquals(kept.slice(-whole.length), whole);
    const others = new Set(kept.slice(0, -whole.length));
    assertEquals([...others], ["too_slow"]);
  });

  it("are kept by nothing before the app asks for them", async () => {
    const script = "tests/support/client/unasked_streams_main.ts";
    const { kept, read } = JSON.parse(await outputOf(script));
    // A collector may find a message on the stack, which keeps the 10 chunks of its stream.
    assert(kept <= 30, `${kept} chunks are kept`);
    assertEquals(read, 40);
  });

  it("have a limit each as long as the app keeps a message without asking", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway);
    const long = await pass(app, [start("long")]);
    for (let i = 0; i < 40; i++) await pass(app, [chunk("long")]);
    const short = await pass(app, streamOf("short"));
    assertEquals(await codeOf(readAll(long.stream)), "too_slow");
    assertEquals((await readAll(short.stream)).length, 5);
  });

  it("begin with the message of which the app asks first", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway);
    const first = await pass(app, [start("a"), chunk("a", 1)]);
    const third = await pass(app, [chunk("a", 2), chunk("a", 3), end("a")]);
    assertEquals(await readAll(third.stream), [2, 3]);
    assert(first.stream === third.stream);
  });

  it("are whole for an app that asks for them while it handles their start, however many others nobody reads", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway);
    await pass(app, [start("a"), start("b")]);
    for (let i = 0; i < 36; i++) await pass(app, [chunk("a")]);
    // These stay below the limit of unread messages.
    const first = await pass(app, [start("c")]);
    for (let i = 0; i < 5; i++) {
      app.peer.send(chunk("b"), chunk("c"), chunk("a"));
    }
    await received(app.peer);
    app.peer.send(end("c"));
    assertEquals((await readAll(first.stream)).length, 5);
  });

  it("that the app reads are kept before those that it doesn't read", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway);
    const slow = await pass(app, [start("slow")]);
    const reader = slow.stream.getReader();
    for (let i = 0; i < 5; i++) {
      await pass(app, [chunk("slow", `${TEXT}${i}`)]);
    }
    const other = await pass(app, [start("other")]);
    const unread: ReadableStream = other.stream;
    for (let i = 0; i < 60; i++) {
      await pass(app, [chunk("other")]);
    }
    assertEquals(await codeOf(readAll(unread)), "too_slow");
    reader.releaseLock();
    assertEquals((await take(slow.stream, 5)).length, 5);
  });

  it("go on with an error after a gap, and begin anew", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway);
    const first = await pass(app, [start("a"), chunk("a")]);
    const after = `${EPOCH}-${offset}`;
    offset += 9;
    const before = `${EPOCH}-${offset + 1}`;
    app.peer.send({ kind: "gap", channel: "c", data: { after, before } });
    const late = await pass(app, [chunk("a")]);
    assertEquals(await take(first.stream, 1), [TEXT]);
    assertEquals(await codeOf(readAll(first.stream)), "unavailable");
    // Not the rest of the stream, as if it were all of it.
    assertEquals(await codeOf(readAll(late.stream)), "unavailable");
    const next = await pass(app, streamOf("b"));
    assertEquals((await readAll(next.stream)).length, 5);
  });

  it("fail, and are forgotten, where too many begin and don't end", async () => {
    await using gateway = await startFakeGateway();
    await using app = await reading(gateway, 2 ** 23);
    const starts = Array.from({ length: 10_002 }, (_, i) => start(`s${i}`));
    const first = await pass(app, starts);
    assertEquals(await codeOf(readAll(first.stream)), "too_slow");
    const next = await pass(app, streamOf("next"));
    assertEquals((await readAll(next.stream)).length, 5);
  });
});

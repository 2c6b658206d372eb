import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as v from "valibot";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { isStreamSource } from "../../../core/publish/stream_source.ts";
import {
  isTopicRef,
  resolveCheckedInput,
  resolveMessageInput,
} from "../../../core/publish/message_input.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { Realtime } from "../../../core/types/realtime.ts";

const numbers = channel("numbers")
  .addTopic(topic("any").type<number>())
  .addTopic(topic("small").schema(z.number().max(9)))();

async function* pieces(
  values: readonly number[],
  onEnd = () => {},
): AsyncGenerator<number> {
  try {
    yield* values;
  } finally {
    onEnd();
  }
}

async function read(data: unknown): Promise<unknown[]> {
  assert(isStreamSource(data));
  const read: unknown[] = [];
  for await (const piece of data as AsyncIterable<unknown>) read.push(piece);
  return read;
}

function checked(
  message: Promise<Realtime.Message.Input>,
): Promise<Realtime.Message.Input> {
  return resolveCheckedInput(message, undefined);
}

describe("a topic called with data that doesn't match its schema", () => {
  it("reports the path of the problem, but not the data", async () => {
    const user = v.object({ user: v.object({ age: v.number() }) });
    const users = channel("users").addTopic(topic("t").schema(user))();
    const error = await assertRejects(
      () => checked(users.t({ user: { age: "secret" } } as never)),
      RealtimeError,
    );
    assertEquals(error.issues.map(({ path }) => path), [["user", "age"]]);
  });
});

describe("a topic called with a stream", () => {
  it("passes the stream on if there is no schema", async () => {
    const stream = new ReadableStream<number>();
    assertStrictEquals((await checked(numbers.any(stream))).data, stream);
  });

  it("checks each piece while it is read", async () => {
    const { data } = await checked(numbers.small(pieces([1, 2])));
    assertEquals(await read(data), [1, 2]);
    const stream = new ReadableStream<number>({
      start(controller) {
        for (const n of [3, 4]) controller.enqueue(n);
        controller.close();
      },
    });
    assertEquals(await read((await checked(numbers.small(stream))).data), [
      3,
      4,
    ]);
  });

  it("ends the stream at the first piece that doesn't match", async () => {
    let ended = 0;
    const { data } = await checked(
      numbers.small(pieces([1, 10, 2], () => ended++)),
    );
    const error = await assertRejects(() => read(data), RealtimeError);
    assertEquals(error.code, "invalid_data");
    assertEquals(ended, 1);
  });
});

describe("resolveCheckedInput()", () => {
  const message = { channel: "c", topic: "t", data: 1 };

  it("takes a message, or the promise of one", async () => {
    assertEquals(await resolveCheckedInput(message, undefined), message);
    assertEquals(
      await resolveCheckedInput(Promise.resolve(message), undefined),
      message,
    );
    assertEquals((await resolveCheckedInput(numbers.any(7), 0)).data, 7);
  });

  it("takes a promise of another library", async () => {
    const foreign = {
      then: (resolve: (value: unknown) => unknown) => void resolve(message),
    } as unknown as Promise<typeof message>;
    const resolved = resolveMessageInput(foreign, undefined);
    assertEquals([resolved instanceof Promise, await resolved], [
      true,
      message,
    ]);
  });

  it("takes a topic and data, and checks them", async () => {
    assert(isTopicRef(numbers.small));
    assertEquals(await resolveCheckedInput(numbers.small, 5), {
      channel: "numbers",
      topic: "small",
      data: 5,
    });
    const error = await assertRejects(
      () => resolveCheckedInput(numbers.small, 10),
      RealtimeError,
    );
    assertEquals(error.code, "invalid_data");
  });

  it("takes a reference made by Inngest's version 4", async () => {
    const ref = { channel: "c", topic: "t", config: { schema: z.string() } };
    assertEquals(await resolveCheckedInput(ref, "x"), {
      channel: "c",
      topic: "t",
      data: "x",
    });
    await assertRejects(() => resolveCheckedInput(ref, 1), RealtimeError);
  });

  it("rejects as the promise of a message rejects", async () => {
    await assertRejects(
      () => resolveCheckedInput(numbers.small(10), undefined),
      RealtimeError,
    );
  });

  it("does not mistake a message for a topic reference", () => {
    assertEquals(isTopicRef(message), false);
    assertEquals(isTopicRef(Promise.resolve(message)), false);
    assertEquals(isTopicRef(undefined), false);
  });
});

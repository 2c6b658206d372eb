import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  decodeLineAnswers,
  encodeLine,
  type PublishTarget,
} from "../../../core/publish/batch_line.ts";

function decode(text: string, count: number): unknown[] {
  return decodeLineAnswers(text, count, "Cannot publish")
    .map(({ id, error }) => [id, error?.code, error?.message]);
}

describe("decodeLineAnswers()", () => {
  it("decodes ids and errors, also both in one answer", () => {
    const answers = [
      '{"id":"e-1"}',
      '{"error":{"code":"conflict","message":"Taken"}}',
      '{"id":"e-2","error":{"code":"stream_ended","message":"Over"}}',
    ];
    assertEquals(decode(`${answers.join("\n")}\n`, 3), [
      ["e-1", undefined, undefined],
      [undefined, "conflict", "Taken"],
      ["e-2", "stream_ended", "Over"],
    ]);
  });

  it("replaces an unknown code of an error", () => {
    const answer = '{"error":{"code":"of_a_later_version","message":"Why"}}';
    assertEquals(decode(answer, 1), [[undefined, "invalid_argument", "Why"]]);
  });

  it("makes an error for each line without an id of the right type", () => {
    const missing = [
      undefined,
      "internal",
      "Cannot publish: the gateway's answer leaves out a message",
    ];
    assertEquals(decode('{"id":1}\nnull', 3), [missing, missing, missing]);
  });

  it("throws at an answer that is not JSON", () => {
    const error = assertThrows(() => decode("<html>", 1), RealtimeError);
    assertEquals(error.code, "internal");
  });
});

describe("encodeLine()", () => {
  const target = {
    channel: "c",
    topic: "t",
    fields: { run_id: undefined, fn_slug: "f", metadata: { a: 1 } },
  } as unknown as PublishTarget;

  it("adds the fields of the target, and leaves out absent ones", () => {
    const line = encodeLine(target, { kind: "step", data: 1, key: "k" });
    assertEquals(JSON.parse(line), {
      channel: "c",
      topic: "t",
      fn_slug: "f",
      kind: "step",
      data: 1,
      key: "k",
      metadata: { a: 1 },
    });
  });

  it("prefers the line's own metadata", () => {
    const line = { kind: "chunk", data: 1, key: "k", metadata: 2 } as const;
    assertEquals(JSON.parse(encodeLine(target, line)).metadata, 2);
  });
});

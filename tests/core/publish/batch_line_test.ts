import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  decodeLineAnswer,
  encodeLine,
  type LineTarget,
} from "../../../core/publish/batch_line.ts";

function decode(text: string): unknown[] {
  const { id, error, isMalformed } = decodeLineAnswer(text, "Cannot publish");
  return [id, error?.code, error?.message, isMalformed];
}

describe("decodeLineAnswer()", () => {
  it("decodes ids and errors, also both in one answer", () => {
    assertEquals(
      [
        '{"id":"e-1"}',
        '{"error":{"code":"conflict","message":"Taken"}}',
        '{"id":"e-2","error":{"code":"stream_ended","message":"Over"}}',
      ].map(decode),
      [
        ["e-1", undefined, undefined, undefined],
        [undefined, "conflict", "Taken", undefined],
        ["e-2", "stream_ended", "Over", undefined],
      ],
    );
  });

  it("replaces an unknown code of an error", () => {
    const answer = '{"error":{"code":"of_a_later_version","message":"Why"}}';
    assertEquals(decode(answer), [
      undefined,
      "invalid_argument",
      "Why",
      undefined,
    ]);
  });

  it("makes an error of an answer that no gateway gives", () => {
    const action = "Cannot publish: the gateway's answer";
    for (
      const [text, problem] of [
        ['{"id":1}', 'has no "id"'],
        ["null", 'has no "id"'],
        ["<html>", "is not JSON"],
      ] as const
    ) {
      assertEquals(decode(text), [
        undefined,
        "internal",
        `${action} ${problem}`,
        true,
      ]);
    }
  });
});

describe("encodeLine()", () => {
  const target = {
    channel: "c",
    topic: "t",
    fields: { run_id: undefined, fn_slug: "f", metadata: { a: 1 } },
  } satisfies LineTarget;

  it("adds the fields of the target, and leaves out absent ones", () => {
    const line = encodeLine(target, { kind: "step", data: "1", key: "k" });
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

  it("leaves out the kind of most messages, and adds the trace", () => {
    const line = { kind: "data", data: '"€"', key: "k" } as const;
    assertEquals(JSON.parse(encodeLine({ ...target, trace: "00-…" }, line)), {
      channel: "c",
      topic: "t",
      fn_slug: "f",
      data: "€",
      key: "k",
      metadata: { a: 1 },
      trace: "00-…",
    });
  });

  it("prefers the line's own metadata", () => {
    const line = { kind: "chunk", data: "1", key: "k", metadata: 2 } as const;
    assertEquals(JSON.parse(encodeLine(target, line)).metadata, 2);
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { AnyMessage } from "../../react/view_state.ts";
import { foldStream, type StreamText } from "../../react/stream_text.ts";

const PLACE = { channel: "c", topic: "ai" };

function message(
  kind: string,
  data: unknown,
  streamId = "a",
  metadata?: unknown,
): AnyMessage {
  return { kind, ...PLACE, data, id: "k3v9qd2m-1", streamId, metadata };
}

function fold(
  ...messages: readonly (AnyMessage | undefined)[]
): StreamText | undefined {
  return messages.reduce(foldStream, undefined);
}

const start = message("datastream-start", "a");
const end = message("datastream-end", "a");

describe("foldStream()", () => {
  it("joins a stream's text, with other data as JSON", () => {
    assertEquals(
      fold(start, message("chunk", "a"), message("chunk", { b: 1 }), end),
      {
        ...PLACE,
        streamId: "a",
        text: 'a{"b":1}',
        isDone: true,
        isStopped: false,
        error: null,
      },
    );
  });

  it("takes the newest stream, and ignores other messages", () => {
    const other: AnyMessage = {
      kind: "data",
      ...PLACE,
      data: "x",
      id: "k3v9qd2m-2",
    };
    const next = message("datastream-start", "b", "b");
    assertEquals(
      fold(start, message("chunk", "a"), end, other, next, other),
      {
        ...PLACE,
        streamId: "b",
        text: "",
        isDone: false,
        isStopped: false,
        error: null,
      },
    );
    assertEquals(fold(other), undefined);
  });

  it("keeps the error of a stream that ended early", () => {
    const error = { code: "internal", message: "The model is gone" };
    const text = fold(
      start,
      message("chunk", "a"),
      message("datastream-end", "a", "a", { error }),
    );
    assertEquals([text?.text, text?.isDone], ["a", true]);
    assertEquals(text?.error?.message, "The model is gone");
    // The publisher's own metadata is not an error.
    for (const metadata of [null, 1, "x", { error: null }, { error: "x" }]) {
      const ended = message("datastream-end", "a", "a", metadata);
      assertEquals(fold(start, ended)?.error, null);
    }
  });

  it("recognizes a stream that a reader stopped, and ignores later chunks", () => {
    const stop = message("datastream-end", "a", "a", { stopped: true });
    const text = fold(
      start,
      message("chunk", "a"),
      stop,
      message("chunk", "b"),
    );
    assertEquals(
      [text?.text, text?.isDone, text?.isStopped, text?.error],
      ["a", true, true, null],
    );
    assertEquals(fold(start, end)?.isStopped, false);
  });

  it("reports a lost part of an open stream, or a missing beginning", () => {
    const lost = "Cannot show the whole stream: a part of it is lost";
    assertEquals(fold(start, undefined)?.error?.message, lost);
    assertEquals(fold(message("chunk", "a"))?.error?.message, lost);
    assertEquals(fold(start, end, undefined)?.error, null);
    assertEquals(fold(undefined), undefined);
  });
});

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
  it("puts a stream's text together; what is no text as JSON", () => {
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

  it("takes the newest stream, and no other message", () => {
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

  it("tells why a stream ended before its end", () => {
    const error = { code: "internal", message: "The model is gone" };
    const text = fold(
      start,
      message("chunk", "a"),
      message("datastream-end", "a", "a", { error }),
    );
    assertEquals([text?.text, text?.isDone], ["a", true]);
    assertEquals(text?.error?.message, "The model is gone");
    // What a publisher sends besides is not an error.
    for (const metadata of [null, 1, "x", { error: null }, { error: "x" }]) {
      const ended = message("datastream-end", "a", "a", metadata);
      assertEquals(fold(start, ended)?.error, null);
    }
  });

  it("tells that a reader stopped it, and shows nothing that came later", () => {
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

  it("tells that a part is lost: of what is open, or where the beginning is missing", () => {
    const lost = "Cannot show the whole stream: a part of it is lost";
    assertEquals(fold(start, undefined)?.error?.message, lost);
    assertEquals(fold(message("chunk", "a"))?.error?.message, lost);
    assertEquals(fold(start, end, undefined)?.error, null);
    assertEquals(fold(undefined), undefined);
  });
});

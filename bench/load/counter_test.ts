import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Counter } from "./counter.ts";
import { payload } from "./payload.ts";

const BYTES = 60;
const encoder = new TextEncoder();

/** A message in a frame with bytes that look like the beginning of a mark. */
function message(publisher: number, sequence: number, id = sequence): string {
  const data = payload(publisher, sequence, BYTES);
  return `\x81~@#~{"kind":"data","data":"${data}","id":"abc-${id}"}`;
}

/** Feeds a text to a subscriber, cut into pieces. */
function feed(counter: Counter, text: string, ...cuts: number[]): void {
  const bytes = encoder.encode(text);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    counter.feed(0, bytes.subarray(from, to));
    from = to;
  }
}

function newCounter(subscribers = 1): Counter {
  const counter = new Counter(subscribers);
  counter.expect(BYTES);
  return counter;
}

describe("Counter", () => {
  it("counts each message once, wherever the bytes are cut", () => {
    // The id grows by a digit, so the distance between messages changes.
    const text = [7, 8, 9, 10, 11].map((n) => message(3, n, n)).join("\n");
    for (let first = 0; first <= text.length; first++) {
      for (const second of [first, first + 1, first + 5, first + 80]) {
        const counter = newCounter();
        feed(counter, text, first, Math.min(second, text.length));
        assertEquals(counter.messages, 5, `cut at ${first} and ${second}`);
        assertEquals(counter.faults, { missing: 0, repeated: 0 });
      }
    }
  });

  it("counts messages that arrive byte by byte", () => {
    const counter = newCounter();
    const text = [0, 1, 2].map((n) => message(1, n)).join("");
    feed(counter, text, ...Array.from({ length: text.length }, (_, i) => i));
    assertEquals(counter.messages, 3);
    assertEquals(counter.faults, { missing: 0, repeated: 0 });
  });

  it("counts messages whose distances change", () => {
    const counter = newCounter();
    feed(
      counter,
      ["", "x", "", "a longer one", "", ""]
        .map((between, n) => between + message(0, n)).join(""),
    );
    assertEquals(counter.messages, 6);
    assertEquals(counter.faults, { missing: 0, repeated: 0 });
  });

  it("counts missing messages", () => {
    const counter = newCounter();
    feed(counter, [0, 1, 4, 5].map((n) => message(0, n)).join(""));
    assertEquals(counter.faults, { missing: 2, repeated: 0 });
  });

  it("counts repeated messages", () => {
    const counter = newCounter();
    feed(counter, [0, 1, 1, 2].map((n) => message(0, n)).join(""));
    assertEquals(counter.faults, { missing: 0, repeated: 1 });
  });

  it("counts a message that arrives late as missing, then as repeated", () => {
    const counter = newCounter();
    feed(counter, [0, 2, 1, 3].map((n) => message(0, n)).join(""));
    assertEquals(counter.faults, { missing: 1, repeated: 1 });
  });

  it("counts the messages of each publisher by themselves", () => {
    const counter = newCounter();
    feed(
      counter,
      [0, 1, 2].flatMap((n) => [message(0, n), message(99, n)])
        .join(""),
    );
    assertEquals(counter.messages, 6);
    assertEquals(counter.faults, { missing: 0, repeated: 0 });
  });

  it("notices that two subscribers received different orders", () => {
    const counter = newCounter(2);
    const bytes = (...parts: string[]) => encoder.encode(parts.join(""));
    counter.feed(0, bytes(message(0, 1), message(1, 1)));
    counter.feed(1, bytes(message(0, 1), message(1, 1)));
    assert(counter.isOneOrder);
    counter.feed(0, bytes(message(0, 2), message(1, 2)));
    counter.feed(1, bytes(message(1, 2), message(0, 2)));
    assertEquals(counter.faults, { missing: 0, repeated: 0 });
    assert(!counter.isOneOrder);
  });
});

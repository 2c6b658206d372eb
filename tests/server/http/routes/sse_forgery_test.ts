import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { startGateway } from "../../../support/gateway/gateway.ts";
import { postJson } from "../../../support/wire/publish.ts";
import { connectSse } from "../../../support/wire/sse.ts";
import { tokenFor } from "../../../support/wire/websocket.ts";

/** Pieces with which a message could begin an event of its own. */
const PIECES = [
  ...'\r \n \0 \t \u0085 \u2028 \u2029 \ufeff : " \\ { } [ ] ,'.split(" "),
  ...["\r\n", "\n\n", "\r\r", " ", "id: ", "data: ", "event: ", "retry: 1"],
];

const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 })
  .map((pieces) => pieces.join(""));

/** JSON with white space wherever it may be. */
const json = fc.tuple(
  fc.dictionary(text, text, { maxKeys: 3 }),
  fc.constantFrom("\n", "\r", "\r\n\r\n", "\t \n"),
).map(([value, space]) => {
  const inner = Object.entries(value).map(([name, one]) =>
    [JSON.stringify(name), ":", JSON.stringify(one)].join(space)
  ).join(`${space},${space}`);
  return `${space}{${space}${inner}${space}}${space}`;
});

const body = fc.oneof(text, json);

/** Parses an event stream by the rules of the HTML standard, for which a line ends with CR, LF or both. */
function parseEvents(stream: string): Array<Record<string, string>> {
  const events: Array<Record<string, string>> = [];
  let event: Record<string, string> = {};
  for (const line of stream.split(/\r\n|\r|\n/)) {
    if (line === "") {
      if (event.data !== undefined) events.push(event);
      event = {};
    }
    const [, name = "", value = ""] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name !== "") event[name] = value;
  }
  return events;
}

describe("a hostile message on an event stream", () => {
  it("is one event, with its own id and data, whatever it contains", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectSse(gateway, { token });
    const sent: Array<{ id: string; data: unknown; metadata: unknown }> = [];
    for (const [one, note] of fc.sample(fc.tuple(body, text), 150)) {
      const metadata = JSON.stringify(note);
      const { status, id } = await postJson(gateway, {
        channel: "c",
        topic: "t",
        query: { metadata },
        body: one,
      });
      assertEquals(status, 200);
      sent.push({ id, data: dataOf(one), metadata: note });
    }
    await postJson(gateway, { channel: "c", topic: "t", body: '"the end"' });
    const stream = await client.takeUntil("the end");
    const events = parseEvents(stream);
    const seen = events.map(({ id, data = "", ...others }) => {
      assertEquals(others, {});
      const frame = JSON.parse(data);
      assertEquals(frame.id, id);
      return { id, data: frame.data, metadata: frame.metadata };
    });
    assertEquals(seen, sent);
  });
});

/** Returns what a body means: JSON, or else text. */
function dataOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { batch } from "../../../support/wire/publish.ts";
import { requestSse } from "../../../support/wire/sse.ts";
import { tokenFor } from "../../../support/wire/websocket.ts";

/** An event as a browser reads it. */
interface Event {
  readonly id: string | undefined;
  readonly data: string;
}

/** Texts that would begin another event, or another field of one, if they were not encoded. */
const FORGED = [
  "\n\ndata: forged\n\n",
  "\r\rdata: forged\r\r",
  "\r\n\r\nid: forged\r\ndata: forged\r\n\r\n",
  "x\nid: forged",
  "x\revent: forged",
  "\u2028\u2029\u0085\ndata: forged",
  "\ufeffdata: forged\n\n",
  "\0\n\n:\n\nretry: 1\n\n",
];

/** Reads complete events as WHATWG's standard says: lines end with CR, LF or both. */
function parseEvents(text: string): Event[] {
  const end = Math.max(text.lastIndexOf("\n\n"), 0);
  return text.slice(0, end).split(/(?:\r\n|\r|\n){2}/).flatMap((block) => {
    const lines = block.split(/\r\n|\r|\n/);
    const valueOf = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}:`))
        ?.slice(name.length + 1).trimStart();
    const known = /^(id|data):|^:|^$/;
    const others = lines.filter((line) => !known.test(line));
    assertEquals(others, [], "a line that is no id and no data");
    const data = valueOf("data");
    return data === undefined ? [] : [{ id: valueOf("id"), data }];
  });
}

describe("an event stream", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  async function readEvents(channel: string, count: number): Promise<Event[]> {
    const token = await tokenFor(gateway, [`${channel}/t`]);
    const { body } = await requestSse(gateway, { token, since: "start" });
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let text = "";
    let events: Event[] = [];
    const reader = body?.getReader();
    while (reader && events.length < count) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      events = parseEvents(text);
    }
    await reader?.cancel();
    return events;
  }

  it("has one event for each message, whatever its texts contain", async () => {
    const texts = fc.sample(fc.string({ unit: "binary" }), {
      seed: 1,
      numRuns: 150,
    }).filter((text) => text.isWellFormed());
    const messages = [...FORGED, ...texts].map((text, i) => ({
      channel: "forged",
      topic: "t",
      data: { text, [text]: i },
      metadata: text,
      key: `${text}${i}`.slice(0, 255) || "x",
    }));
    const answers = await batch(gateway, messages);
    const events = await readEvents("forged", messages.length);
    assertEquals(events.map(({ id }) => id), answers.map(({ id }) => id));
    assertEquals(
      events.map(({ data }) => {
        const { data: received, metadata } = JSON.parse(data);
        return { received, metadata };
      }),
      messages.map(({ data, metadata }) => ({ received: data, metadata })),
    );
  });

  it("takes no line break into an id: a name can't contain one", async () => {
    for (const end of ["\n", "\r", "\0", "\u0085", "\r\nid: x"]) {
      const line = { channel: `a${end}b`, topic: "t", data: 1 };
      const [answer] = await batch(gateway, [line]);
      assertEquals(answer?.error?.code, "invalid_name");
    }
  });
});

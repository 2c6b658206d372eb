import { assertEquals, assertNotMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { pause } from "../../../core/time/backoff.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import {
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** Resolves at the beginning of the next second of the clock by which a gateway in this process counts. */
function nextSecond(): Promise<void> {
  return pause(1000 - performance.now() % 1000 + 1);
}

describe("a malformed or unwanted frame of a client", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const malformed = {
    "text that is not JSON": ["hello", "invalid_json"],
    "an empty text": ["", "invalid_json"],
    "half a JSON text": ['{"kind":"pong"', "invalid_json"],
    "two JSON texts": ['{"kind":"pong"}\n{"kind":"pong"}', "invalid_json"],
    "a number": ["1", "invalid_argument"],
    "null": ["null", "invalid_argument"],
    "a string": ['"pong"', "invalid_argument"],
    "a list": ['[{"kind":"pong"}]', "invalid_argument"],
    "an object without a kind": ["{}", "invalid_argument"],
    "an unknown kind": ['{"kind":"subscribe"}', "invalid_argument"],
    "a kind that only the gateway sends": [
      '{"kind":"ready"}',
      "invalid_argument",
    ],
    "a kind that is a property of objects": [
      '{"kind":"toString"}',
      "invalid_argument",
    ],
    "a kind that is not a string": ['{"kind":["pong"]}', "invalid_argument"],
    "a sub without a token": ['{"kind":"sub"}', "invalid_argument"],
    "a sub with a token that is not a string": [
      '{"kind":"sub","data":{"token":1}}',
      "invalid_argument",
    ],
    "a sub with a since that is not a string": [
      '{"kind":"sub","data":{"token":"x","since":1}}',
      "invalid_argument",
    ],
    "an unsub of no topics": ['{"kind":"unsub","data":{}}', "invalid_argument"],
    "a publish without data": [
      '{"kind":"publish","channel":"c","topic":"t"}',
      "invalid_argument",
    ],
    "a publish to a list": [
      '{"kind":"publish","channel":["c"],"topic":"t","data":1}',
      "invalid_argument",
    ],
  } as const;

  for (const [name, [text, code]] of Object.entries(malformed)) {
    it(`(${name}) is answered by an error for tidings.v1, and ignored for a plain client`, async () => {
      const token = await tokenFor(gateway, ["c/t"], { publish: true });
      const { client: v1 } = await connectReady(gateway, { token });
      await using _ = v1;
      await using plain = await connectWire(gateway, { token });
      await v1.socket.send(text);
      await plain.socket.send(text);
      assertEquals(await v1.error(), { ref: undefined, code });
      await publish(gateway, "c/t", "still here");
      assertEquals((await v1.next()).data, "still here");
      assertEquals((await plain.next()).data, "still here");
    });
  }

  it("is identified by its ref in the answer", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.send({ kind: "nonsense", ref: "42" });
    assertEquals((await client.error()).ref, "42");
    await client.send({ kind: "sub", ref: "", data: "x" });
    assertEquals(await client.error(), { ref: "", code: "invalid_argument" });
    await client.send({ kind: "sub", ref: 7, data: "x" });
    assertEquals((await client.error()).ref, undefined);
  });

  it("is never repeated in the answer", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.send({ kind: "sub", data: { token: { secret: "s3cret" } } });
    await client.socket.send("s3cret");
    for (const text of [await client.nextText(), await client.nextText()]) {
      assertNotMatch(text, /s3cret/);
    }
  });

  it("(binary) is answered by an error for tidings.v1, and ignored for a plain client", async () => {
    const token = await tokenFor(gateway, ["binary/t"]);
    const { client: v1 } = await connectReady(gateway, { token });
    await using _ = v1;
    await using plain = await connectWire(gateway, { token });
    const pong = new TextEncoder().encode('{"kind":"pong"}');
    await v1.socket.send(pong, "binary");
    await plain.socket.send(pong, "binary");
    assertEquals((await v1.error()).code, "invalid_argument");
    await publish(gateway, "binary/t", 1);
    assertEquals((await v1.next()).data, 1);
    assertEquals((await plain.next()).data, 1);
  });

  describe("that is larger than 64 KiB", () => {
    const big = {
      "of 100 KiB": "x".repeat(100 * 1024),
      "of 100 KiB in 34,000 characters": "€".repeat(34_000),
      "of one byte too many": "x".repeat(64 * 1024 + 1),
    };
    for (const [name, text] of Object.entries(big)) {
      it(`(${name}) closes the connection with 1009`, async () => {
        const token = await tokenFor(gateway, ["big/t"]);
        for (const v1 of [true, false]) {
          await using client = await connectWire(gateway, { token, v1 });
          void client.socket.send(text);
          assertEquals((await client.closed).code, 1009);
        }
      });
    }

    it("(binary) closes the connection with 1009", async () => {
      const token = await tokenFor(gateway, ["big/t"]);
      await using client = await connectWire(gateway, { token });
      void client.socket.send(new Uint8Array(100 * 1024), "binary");
      assertEquals((await client.closed).code, 1009);
    });

    it("is accepted at exactly 64 KiB", async () => {
      const token = await tokenFor(gateway, ["most/t"], { publish: true });
      const { client } = await connectReady(gateway, { token });
      await using _ = client;
      const frame = { kind: "publish", channel: "most", topic: "t", data: "" };
      const data = "x".repeat(64 * 1024 - JSON.stringify(frame).length);
      await client.send({ ...frame, data });
      assertEquals((await client.next()).data, data);
    });
  });

  describe("that exceeds the rate", () => {
    it("closes the connection with 4429: over 100 in a second and the 128 of its subscriptions", async () => {
      await using client = await connectWire(gateway, { v1: true });
      await client.socket.send('{"kind":"pong"}', "text", 500);
      assertEquals((await client.error()).code, "rate_limited");
      assertEquals((await client.closed).code, 4429);
    });

    it("counts even if it is binary or malformed", async () => {
      for (const kind of ["binary", "text"] as const) {
        const token = await tokenFor(gateway, ["many/t"]);
        await using client = await connectWire(gateway, { token });
        await client.socket.send("x", kind, 500);
        assertEquals((await client.closed).code, 4429);
      }
    });

    it("leaves room for the 128 subscriptions of a client that connects again", async () => {
      await using client = await connectWire(gateway, { v1: true });
      const token = await tokenFor(gateway, ["back/t"]);
      for (let i = 0; i < 128; i++) void client.subscribe(token, `${i}`);
      for (let i = 0; i < 128; i++) {
        assertEquals((await client.ready()).ref, `${i}`);
      }
    });

    it("leaves that room in a later second, too", async () => {
      await using client = await connectWire(gateway, { v1: true });
      const token = await tokenFor(gateway, ["late/t"]);
      await client.subscribe(token, "first");
      await client.ready();
      await nextSecond();
      for (let i = 1; i < 128; i++) void client.subscribe(token, `${i}`);
      for (let i = 1; i < 128; i++) {
        assertEquals((await client.ready()).ref, `${i}`);
      }
    });

    it("leaves that room again after a pause", async () => {
      await using strict = await startGateway({
        maxInboundRate: 40,
        maxSubscriptions: 20,
      });
      await using client = await connectWire(strict, { v1: true });
      for (const count of [55, 60]) {
        for (let i = 0; i < count; i++) {
          void client.send({ kind: "?", ref: `${i}` });
        }
        const answers = await client.take(count);
        assertEquals(answers.at(-1)?.ref, `${count - 1}`);
        // Two seconds begin meanwhile, and refill all of it.
        await nextSecond();
        await nextSecond();
      }
    });

    it("closes the connection over 100 in a second, once that room is used", async () => {
      const token = await tokenFor(gateway, ["used/t"]);
      const { client } = await connectReady(gateway, { token });
      await client.socket.send('{"kind":"pong"}', "text", 200);
      await nextSecond();
      await client.socket.send('{"kind":"pong"}', "text", 150);
      assertEquals((await client.closed).code, 4429);
    });

    it("is accepted up to the limit", async () => {
      await using strict = await startGateway({ maxInboundRate: 20 });
      await using client = await connectWire(strict, { v1: true });
      for (let i = 0; i < 20; i++) void client.send({ kind: "?", ref: `${i}` });
      const answers = await client.take(20);
      assertEquals(answers.at(-1)?.ref, "19");
    });
  });

  describe("that subscribes to too many topics", () => {
    function topics(count: number, channel: string): string[] {
      return Array.from({ length: count }, (_, i) => `${channel}/${i}`);
    }

    it("is answered by an error over 128 topics on a connection, and the others stay", async () => {
      const token = await tokenFor(gateway, topics(128, "one"));
      const { client } = await connectReady(gateway, { token });
      await using _ = client;
      await client.subscribe(await tokenFor(gateway, ["two/1"]), "2");
      assertEquals(await client.error(), { ref: "2", code: "too_many" });
      await client.subscribe(await tokenFor(gateway, ["one/5"]), "3");
      assertEquals((await client.ready()).ref, "3");
      await publish(gateway, "one/127", 1);
      assertEquals((await client.next()).data, 1);
    });

    it("closes the connection with 4429 if it has no ref", async () => {
      const token = await tokenFor(gateway, topics(100, "one"));
      const { client } = await connectReady(gateway, { token });
      await using _ = client;
      await client.subscribe(await tokenFor(gateway, topics(29, "two")));
      assertEquals((await client.error()).code, "too_many");
      assertEquals((await client.closed).code, 4429);
    });

    it("is accepted where it replaces another subscription", async () => {
      await using client = await connectWire(gateway, { v1: true });
      for (const channel of ["one", "two"]) {
        await client.subscribe(
          await tokenFor(gateway, topics(128, channel)),
          "1",
        );
        assertEquals((await client.ready()).channels[0]?.channel, channel);
      }
      await publish(gateway, "one/0", "gone");
      await publish(gateway, "two/0", "new");
      assertEquals((await client.next()).data, "new");
    });

    it("is held against the configured limit", async () => {
      await using small = await startGateway({ maxSubscriptions: 2 });
      await using client = await connectWire(small, { v1: true });
      await client.subscribe(await tokenFor(small, topics(3, "c")), "1");
      assertEquals(await client.error(), { ref: "1", code: "too_many" });
      await client.subscribe(await tokenFor(small, topics(2, "c")), "1");
      assertEquals((await client.ready()).ref, "1");
    });
  });
});

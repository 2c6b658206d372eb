import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  type GatewayPair,
  PAIR_BROKERS,
  startPair,
} from "../../support/gateway/pair.ts";
import {
  bodyOf,
  post,
  type PublishRequest,
} from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  address,
  connectReady,
  connectWire,
  type Frame,
  tokenFor,
} from "../../support/wire/websocket.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const HEADERS = { traceparent: TRACE };

/** A frame with the field that these tests are about. */
interface TracedFrame extends Frame {
  readonly trace?: unknown;
  readonly reply_to?: string;
}

for (const broker of PAIR_BROKERS) {
  describe(`the trace of a message, with the broker "${broker}"`, () => {
    let pair: GatewayPair;
    let count = 0;

    beforeAll(async () => {
      pair = await startPair(broker);
    });
    afterAll(() => pair.close());

    /** Publishes to a channel of its own at one gateway; returns the texts that a subscriber of the other one receives. */
    async function receive(
      frames: number,
      publish: (channel: string) => Promise<Response>,
      v1 = true,
    ): Promise<string[]> {
      const channel = `traced:${count++}`;
      const token = await tokenFor(pair.b, [
        `${channel}/t`,
        `${channel}/$stream`,
      ]);
      const client = v1
        ? (await connectReady(pair.b, { token })).client
        : await connectWire(pair.b, { token });
      await using _ = client;
      const response = await publish(channel);
      await response.text();
      assertEquals(response.status, 200);
      const texts: string[] = [];
      while (texts.length < frames) {
        const text = await client.nextText();
        if (JSON.parse(text).kind !== "ping") texts.push(text);
      }
      return texts;
    }

    async function tracesOf(
      frames: number,
      publish: (channel: string) => Promise<Response>,
    ): Promise<unknown[]> {
      const texts = await receive(frames, publish);
      return texts.map((text) => (JSON.parse(text) as TracedFrame).trace);
    }

    function send(channel: string, request: PublishRequest): Promise<Response> {
      return post(pair.a, { channel, topic: "t", ...request });
    }

    for (const v1 of [true, false]) {
      it(`reaches a subscriber from the header, ${v1 ? "with" : "without"} tidings.v1`, async () => {
        const [text] = await receive(
          1,
          (channel) => send(channel, { body: "1", headers: HEADERS }),
          v1,
        );
        assertMatch(
          text ?? "",
          new RegExp(
            `^{"kind":"data","channel":"traced:\\d+","topic":"t","data":1,"created_at":"[^"]+","trace":"${TRACE}","id":"[^"]+"}$`,
          ),
        );
      });
    }

    it("leaves the bytes of a message without one as they are", async () => {
      const malformed = { traceparent: "00-malformed" };
      const all: Record<string, string>[] = [{}, malformed];
      for (const headers of all) {
        const [text] = await receive(
          1,
          (channel) => send(channel, { body: "1", headers }),
        );
        assertMatch(
          text ?? "",
          /^{"kind":"data","channel":"traced:\d+","topic":"t","data":1,"created_at":"[^"]+","id":"[^"]+"}$/,
        );
      }
    });

    it("reaches a subscriber of Server-Sent Events, and the history", async () => {
      const channel = `traced:${count++}`;
      const token = await tokenFor(pair.b, [`${channel}/t`]);
      await using events = await connectSse(pair.b, { token });
      await (await send(channel, { body: "1", headers: HEADERS })).text();
      const frame: TracedFrame = await events.next();
      assertEquals(frame.trace, TRACE);
      const url = address(pair.b, "history", { channel, topic: "t" });
      const authorization = `Bearer ${pair.b.signingKey}`;
      const response = await fetch(url, { headers: { authorization } });
      const { messages } = await response.json();
      assertEquals(messages.map((frame: TracedFrame) => frame.trace), [TRACE]);
    });

    it("is that of a client which publishes with a token", async () => {
      const publish = { publish: true } as const;
      const bearer = await tokenFor(pair.a, ["other/t"], publish);
      assertEquals(
        await tracesOf(
          1,
          (channel) => send(channel, { body: "1", headers: HEADERS, bearer }),
        ),
        [TRACE],
      );
    });

    it("covers every line of a batch", async () => {
      const line = { topic: "t", data: 1, stream_id: "s" };
      const kinds = ["data", "datastream-start", "chunk", "datastream-end"];
      const traces = await tracesOf(4, (channel) => {
        const lines = kinds.map((kind) => ({ ...line, channel, kind }));
        const body = lines.map((one) => JSON.stringify(one)).join("\n");
        const headers = HEADERS;
        return post(pair.a, { route: "publish/batch", body, headers });
      });
      assertEquals(traces, kinds.map(() => TRACE));
    });

    it("is that of a line which has one of its own, else that of the request", async () => {
      const own = TRACE.replace("b7ad", "0001");
      const start = { kind: "datastream-start", stream_id: "own" };
      const lines: object[] = [
        { trace: own },
        { trace: own, ...start },
        { trace: "00-malformed" },
        { trace: 5 },
        {},
      ];
      async function send(headers: Record<string, string>) {
        return await tracesOf(lines.length, (channel) => {
          const body = lines.map((line) =>
            JSON.stringify({ channel, topic: "t", data: 1, ...line })
          ).join("\n");
          return post(pair.a, { route: "publish/batch", body, headers });
        });
      }
      assertEquals(await send(HEADERS), [own, own, TRACE, TRACE, TRACE]);
      const none = undefined;
      assertEquals(await send({}), [own, own, none, none, none]);
    });

    it("covers every message of a streamed body", async () => {
      const headers = { ...HEADERS, "content-type": "text/stream" };
      const body = bodyOf([new TextEncoder().encode("words")]);
      const traces = await tracesOf(
        3,
        (channel) => send(channel, { body, headers }),
      );
      assertEquals(traces, [TRACE, TRACE, TRACE]);
    });

    it("covers the bytes that are passed on as they are", async () => {
      const traces = await tracesOf(1, (channel) =>
        post(pair.a, {
          route: "publish/tee",
          channel,
          body: bodyOf([new TextEncoder().encode("words")]),
          headers: HEADERS,
        }));
      assertEquals(traces, [TRACE]);
    });

    it("is that of the first publish with an idempotency key", async () => {
      const headers = { "idempotency-key": "once" };
      const texts = await receive(2, async (channel) => {
        const first = { ...headers, ...HEADERS };
        await (await send(channel, { body: "1", headers: first })).text();
        await (await send(channel, { body: "1", headers })).text();
        return send(channel, { body: "2" });
      });
      const frames: TracedFrame[] = texts.map((text) => JSON.parse(text));
      assertEquals(
        frames.map(({ data, trace }) => [data, trace]),
        [[1, TRACE], [2, undefined]],
      );
    });

    it("is that of a frame by which a client publishes, and of a reply", async () => {
      const channel = `traced:${count++}`;
      const token = await tokenFor(pair.a, [`${channel}/t`], { publish: true });
      const { client } = await connectReady(pair.a, { token });
      await using _ = client;
      const frame = { kind: "publish", channel, topic: "t", data: 1 };
      await client.send({ ...frame, trace: TRACE });
      const question = await client.next();
      const reply_to = question.id;
      await client.send({ ...frame, trace: TRACE, reply_to });
      await client.send({ ...frame, trace: 5 });
      await client.send({ ...frame, trace: "5" });
      const frames: TracedFrame[] = [question, ...await client.take(3)];
      assertEquals(
        frames.map(({ trace, reply_to }) => [trace, reply_to]),
        [
          [TRACE, undefined],
          [TRACE, reply_to],
          [undefined, undefined],
          [undefined, undefined],
        ],
      );
    });

    it("is ignored where it is malformed, whatever it is", async () => {
      const text = fc.stringMatching(/^[!-~]{1,80}$/);
      const edited = fc.tuple(fc.nat(54), fc.constantFrom(...'g-AZ, "\\'))
        .map(([at, char]) => TRACE.slice(0, at) + char + TRACE.slice(at + 1))
        .filter((header) => header !== TRACE);
      await fc.assert(
        fc.asyncProperty(fc.oneof(text, edited), async (traceparent) => {
          const traces = await tracesOf(
            1,
            (channel) => send(channel, { body: "1", headers: { traceparent } }),
          );
          assertEquals(traces, [undefined]);
        }),
        { numRuns: 50 },
      );
    });
  });
}

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  clientOwner,
  composeKey,
  GatewayKey,
  SERVER,
} from "../../../server/publish/idempotency_key.ts";
import type { TestGateway } from "../../support/gateway/gateway.ts";
import {
  type GatewayPair,
  PAIR_BROKERS,
  startPair,
} from "../../support/gateway/pair.ts";
import { until } from "../../support/until.ts";
import { type Answer, batch, postJson } from "../../support/wire/publish.ts";
import { endsOf, logOf, postStream } from "../../support/wire/streams.ts";
import {
  claims,
  connectReady,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** Makes a token that publishes to topics. */
function publisherToken(
  target: TestGateway,
  topics: string[],
  sub?: string,
): Promise<string> {
  return tokenFor(target, [], {
    use: "publish",
    publish: claims(topics),
    ...sub === undefined ? {} : { sub },
  });
}

function send(
  target: TestGateway,
  channel: string,
  topic: string | string[],
  key: string,
  bearer?: string,
): Promise<Answer> {
  return postJson(target, {
    channel,
    topic,
    body: '"x"',
    headers: { "idempotency-key": key },
    ...bearer === undefined ? {} : { bearer },
  });
}

/** Sends one line of a stream. */
async function line(
  target: TestGateway,
  channel: string,
  topic: string,
  kind: "datastream-start" | "chunk" | "datastream-end",
  fields: object = {},
  bearer?: string,
) {
  const message = { channel, topic, kind, data: "x", stream_id: "s" };
  const [answer = {}] = await batch(
    target,
    [{ ...message, ...fields }],
    bearer,
  );
  return answer;
}

for (const name of PAIR_BROKERS) {
  describe(`An idempotency key, with the broker ${name}`, () => {
    let pair: GatewayPair;
    let a: TestGateway;
    let b: TestGateway;
    beforeAll(async () => {
      pair = await startPair(name);
      ({ a, b } = pair);
    });
    afterAll(() => pair.close());

    it("counts for its topics only", async () => {
      const ids = [
        await send(a, "topics", "t", "k"),
        await send(b, "topics", "u", "k"),
        await send(a, "topics", ["t", "u"], "k"),
        await send(b, "topics", "t", "k"),
      ].map(({ id }) => id.slice(9));
      assertEquals(ids, ["1", "2", "3", "1"]);
    });

    it("counts for its publisher only: the server, a user, a token without a user", async () => {
      const topics = ["owners/t"];
      const ada = await publisherToken(a, topics, "ada");
      const again = await publisherToken(a, topics, "ada");
      const bob = await publisherToken(a, topics, "bob");
      const [one, two] = [
        await publisherToken(a, topics),
        await publisherToken(a, topics),
      ];
      const bearers = [undefined, ada, bob, one, two, again, one, undefined];
      const ids: string[] = [];
      for (const [i, bearer] of bearers.entries()) {
        ids.push((await send(i % 2 ? b : a, "owners", "t", "k", bearer)).id);
      }
      assertEquals(
        ids.map((id) => id.slice(9)),
        ["1", "2", "3", "4", "5", "2", "4", "1"],
      );
    });

    it("of a client can't suppress the messages, the end or the chunks of another topic", async () => {
      const eve = await publisherToken(a, ["run/typing"], "eve");
      for (const key of ["s:0", "s:1", "s:2", "end:s", "completed"]) {
        assertEquals((await send(b, "run", "typing", key, eve)).status, 200);
      }
      for (const key of ["end\nai\ns", "\nend\nai\ns", "ai\n\nss:1"]) {
        const message = { channel: "run", topic: "typing", data: 1, key };
        const [{ error } = {}] = await batch(b, [message], eve);
        assertEquals(error, undefined);
      }
      await line(a, "run", "ai", "datastream-start", { key: "s:0" });
      await line(a, "run", "ai", "chunk", { key: "s:1" });
      await line(a, "run", "ai", "datastream-end", { key: "s:2" });
      await send(a, "run", "ai", "completed");
      const log = await logOf(b, "run");
      assertEquals(
        log.filter(({ topic }) => topic === "ai").map(({ kind }) => kind),
        ["datastream-start", "chunk", "datastream-end", "data"],
      );
    });

    it("is the same for one client's requests, batches and frames", async () => {
      const publish = claims(["ways/t"]);
      const options = { publish, sub: "ada" };
      const token = await tokenFor(a, ["ways/t"], options);
      const { client } = await connectReady(b, { token });
      const { id } = await send(a, "ways", "t", "k", token);
      assertEquals((await client.next()).id, id);
      const message = { channel: "ways", topic: "t", data: 1, key: "k" };
      assertEquals((await batch(b, [message], token))[0]?.id, id);
      await client.send({ kind: "publish", ref: "1", ...message });
      assertEquals((await client.next()).data, { id });
      await client.close();
    });

    it("lets a stream's producer repeat a line at another gateway", async () => {
      const bearer = await publisherToken(a, ["retry/ai"], "ada");
      const start = { key: "s:0", producer: "p" };
      const send = (target: TestGateway) =>
        line(target, "retry", "ai", "datastream-start", start, bearer);
      const chunk = (target: TestGateway) =>
        line(target, "retry", "ai", "chunk", { key: "s:1" }, bearer);
      await send(a);
      const first = await chunk(a);
      assertEquals(await chunk(b), first);
      const end = await line(a, "retry", "ai", "datastream-end", {}, bearer);
      assertEquals(
        await line(b, "retry", "ai", "datastream-end", {}, bearer),
        end,
      );
      assertEquals((await logOf(a, "retry")).length, 3);
    });

    it("of a stream's end is met only by those that may end this stream", async () => {
      const eve = await publisherToken(a, ["end/typing"], "eve");
      const { id } = await line(a, "end", "ai", "datastream-start", {
        stream_id: "t",
      });
      assert(id);
      const refused = await line(
        b,
        "end",
        "typing",
        "datastream-end",
        { stream_id: "t" },
        eve,
      );
      assertEquals(refused.error?.code, "conflict");
      const ended = await line(a, "end", "ai", "datastream-end", {
        stream_id: "t",
      });
      assert(ended.id && ended.id !== id);
      const late = await line(
        b,
        "end",
        "typing",
        "datastream-end",
        { stream_id: "t" },
        eve,
      );
      assertEquals(late.error?.code, "conflict");
      const ends = (await logOf(a, "end")).filter(({ kind, topic }) =>
        kind === "datastream-end" && topic === "ai"
      );
      assertEquals(ends.map(({ id }) => id), [ended.id]);
    });

    it("of a stream's end isn't met by a client that ended a stream with its id before", async () => {
      const eve = await publisherToken(a, ["before/typing"], "eve");
      await line(b, "before", "typing", "datastream-start", {}, eve);
      await line(b, "before", "typing", "datastream-end", {}, eve);
      const named = { producer: "p" };
      const start = await line(a, "before", "ai", "datastream-start", named);
      assertEquals(start.error, undefined);
      const end = await line(b, "before", "ai", "datastream-end");
      assertEquals(end.error, undefined);
    });

    it("of a stream's end isn't met by a client of another topic when the log has lost the stream", async () => {
      const small = await startPair(name, {}, { historySize: 3 });
      try {
        const { a, b } = small;
        const eve = await publisherToken(a, ["lost/typing"], "eve");
        await line(a, "lost", "ai", "datastream-start");
        for (const key of ["1", "2", "3"]) await send(a, "lost", "t", key);
        for (const kind of ["chunk", "datastream-end"] as const) {
          const { error } = await line(b, "lost", "typing", kind, {}, eve);
          assertEquals(error?.code, "conflict");
        }
        assertEquals((await line(a, "lost", "ai", "chunk")).error, undefined);
        const { id } = await line(a, "lost", "ai", "datastream-end");
        const end = (await logOf(a, "lost")).at(-1);
        assertEquals([end?.id, end?.topic], [id, "ai"]);
      } finally {
        await small.close();
      }
    });

    it("is remembered for the time that its publisher asks for, at every gateway", async () => {
      const short = await startPair(name, {}, { keyTtl: "50ms" });
      try {
        const own = async () =>
          (await send(short.a, "ttl", "t", "own")).id.slice(9);
        const headers = { "idempotency-key": "k", "idempotency-ttl": "3600" };
        const post = (target: TestGateway) =>
          postJson(target, { channel: "ttl", topic: "t", body: "1", headers });
        const line = { channel: "ttl", topic: "t", data: 1, key: "l" };
        const timed = { ...line, key_ttl: 3600 };
        assertEquals((await post(short.a)).id.slice(9), "1");
        assertEquals((await batch(short.a, [timed]))[0]?.id?.slice(9), "2");
        assertEquals(await own(), "3");
        await until(async () => await own() !== "3");
        assertEquals((await post(short.b)).id.slice(9), "1");
        assertEquals((await batch(short.b, [timed]))[0]?.id?.slice(9), "2");
      } finally {
        await short.close();
      }
    });

    it("of a stream that the log has lost makes its producer begin another stream", async () => {
      const small = await startPair(name, {}, { historySize: 2 });
      try {
        const fields = { key: "s:0", key_ttl: 3600, producer: "one" };
        const start = { ...fields, channel: "gone", topic: "ai" };
        await line(small.a, "gone", "ai", "datastream-start", start);
        await line(small.a, "gone", "ai", "datastream-end");
        for (const key of ["1", "2"]) await send(small.a, "gone", "t", key);
        // This gateway never saw the stream.
        const { error } = await line(
          small.b,
          "gone",
          "ai",
          "datastream-start",
          { ...start, producer: "two" },
        );
        assertEquals(error?.code, "conflict");
        const other = { ...start, key: "s2:0", stream_id: "s2" };
        const again = await line(
          small.b,
          "gone",
          "ai",
          "datastream-start",
          other,
        );
        assertEquals(again.error, undefined);
      } finally {
        await small.close();
      }
    });

    it("of a stream's end is the same for its producer and for a reader that stops it", async () => {
      await line(a, "stop", "ai", "datastream-start");
      const query = { channel: "stop", topic: "ai", stream_id: "s" };
      const answers = await Promise.all([
        postStream(b, "stop", query),
        line(a, "stop", "ai", "datastream-end"),
      ]);
      assertEquals(answers.length, 2);
      assertEquals(endsOf(await logOf(b, "stop")).length, 1);
    });

    it("of a reply counts for its publisher: another reply with the same key is refused", async () => {
      const topics = ["reply/a"];
      const [ada, bob] = [
        await publisherToken(a, topics, "ada"),
        await publisherToken(a, topics, "bob"),
      ];
      const { id: question } = await send(a, "reply", "q", "q");
      const reply = (target: TestGateway, bearer: string) =>
        postJson(target, {
          channel: "reply",
          topic: "a",
          query: { reply_to: question },
          headers: { "idempotency-key": "yes" },
          body: "1",
          bearer,
        });
      const first = await reply(a, ada);
      assertEquals(first.status, 200);
      assertEquals((await reply(b, bob)).error?.code, "conflict");
      assertEquals((await reply(b, ada)).id, first.id);
    });
  });
}

describe("composeKey()", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 });
  const tricky = fc.oneof(
    text,
    fc.stringMatching(/^[stu"\\\n]{0,8}$/),
  );
  const name = tricky.map((one) => one.replace(/\p{Cc}/gu, "") || "t");
  const part = fc.record({
    topics: fc.array(name, { minLength: 1, maxLength: 3 }),
    owner: fc.oneof(
      fc.constant(undefined),
      fc.record({ sub: tricky }),
      fc.record({ jti: tricky }),
    ),
    key: tricky,
  });
  type Part = typeof part extends fc.Arbitrary<infer T> ? T : never;

  function compose({ topics, owner, key }: Part): string {
    const rest = {
      use: "publish",
      topics: [],
      iat: 0,
      exp: 0,
      sexp: 0,
    } as const;
    return composeKey(
      owner ? clientOwner({ jti: "", ...rest, ...owner }) : SERVER,
      topics,
      key,
    );
  }

  it("never makes one key of two publishers, lists of topics or keys", () => {
    fc.assert(
      fc.property(part, part, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        assertEquals(compose(one) === compose(other), isSame);
      }),
      { numRuns: 2000 },
    );
  });

  it("never makes a key of the gateway", () => {
    fc.assert(fc.property(part, tricky, (one, name) => {
      assertNotEquals(
        compose(one),
        composeKey(SERVER, ["t"], new GatewayKey(name)),
      );
    }));
  });
});

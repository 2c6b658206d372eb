import { assertEquals, assertRejects, fail } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { decodeJwt } from "jose";
import { setImmediate } from "node:timers";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { topic } from "../../../core/channel/topic.ts";
import { pause } from "../../../core/time/backoff.ts";
import { within } from "../../../core/time/within.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { createClaims } from "../../../core/protocol/token.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { Session } from "../../../server/sessions/session.ts";
import { startRedis } from "../../support/brokers/redis.ts";
import { shareBroker } from "../../support/brokers/shared_broker.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";
import { fakeHost, FakeSocket } from "../../support/wire/fake_socket.ts";
import { bodyOf, post, postJson, publish } from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import { connectSse, requestSse } from "../../support/wire/sse.ts";
import { logOf, postStream, producerOf } from "../../support/wire/streams.ts";
import { payloadOf, sign } from "../../support/wire/tokens.ts";
import {
  address,
  claims,
  connectReady,
  connectWire,
  type Frame,
  handshake,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

/** A place where several gateways share what they keep. */
interface Cluster {
  /** Creates a broker for one more gateway. */
  readonly broker: () => Broker;
  readonly close: () => Promise<void>;
}

const CLUSTERS: Readonly<Record<string, () => Promise<Cluster>>> = {
  memory() {
    const memory = new MemoryBroker();
    const close = () => memory.close();
    return Promise.resolve({ broker: shareBroker(memory), close });
  },
  async redis() {
    const { url, kill } = await startRedis();
    return { broker: () => new RedisBroker({ url }), close: kill };
  },
};

/** Sends a request to every route that takes a token; returns the statuses by route. */
async function tryAll(
  target: TestGateway,
  token: string,
  channel: string,
): Promise<Record<string, number>> {
  const request = { channel, topic: "t", body: "1", bearer: token };
  const headers = { authorization: `Bearer ${token}` };
  const stream = { channel, topic: "t", stream_id: "s" };
  const statuses: Record<string, number> = {};
  const socket = await handshake(target, { token });
  await socket.socket?.close();
  statuses.connect = socket.answer.status;
  const sse = await requestSse(target, { token });
  await sse.body?.cancel();
  statuses.sse = sse.status;
  const history = await fetch(address(target, "history", { channel }), {
    headers,
  });
  await history.body?.cancel();
  statuses.history = history.status;
  statuses.publish = (await postJson(target, request)).status;
  const text = { "content-type": "text/stream" };
  statuses.text = (await postJson(target, { ...request, headers: text }))
    .status;
  const line = JSON.stringify({ channel, topic: "t", data: 1 });
  const batch = await post(target, {
    route: "publish/batch",
    body: line,
    bearer: token,
  });
  await batch.body?.cancel();
  statuses.batch = batch.status;
  const tee = { route: "publish/tee", channel, body: "x", bearer: token };
  statuses.tee = (await postJson(target, { ...tee, route: "publish/tee" }))
    .status;
  statuses.keep = (await postStream(target, "keep", stream, token)).status;
  statuses.stop = (await postStream(target, "stop", stream, token)).status;
  const subscribers = await fetch(
    address(target, "subscribers", { channel, topic: "t" }),
    { headers },
  );
  await subscribers.body?.cancel();
  statuses.subscribers = subscribers.status;
  return statuses;
}

/** Returns what {@linkcode tryAll} finds where every route answers the same. */
function all(status: number): Record<string, number> {
  const routes = [
    ...["connect", "sse", "history", "publish", "text"],
    ...["batch", "tee", "keep", "stop", "subscribers"],
  ];
  return Object.fromEntries(routes.map((route) => [route, status]));
}

/** Makes a token that reads, publishes and stops everything that {@linkcode tryAll} tries. */
function fullToken(
  target: TestGateway,
  channel: string,
  sub: string,
): Promise<string> {
  const topics = [`${channel}/t`];
  const publish = claims([...topics, `${channel}/$stream`]);
  return tokenFor(target, topics, { sub, publish, stop: publish });
}

/** Waits until the gateway refuses the user's tokens. */
async function untilRefused(
  target: TestGateway,
  token: string,
): Promise<void> {
  await until(async () => {
    const { answer, socket } = await handshake(target, { token });
    await socket?.close();
    return answer.status === 403;
  });
}

function describeCluster(name: string): void {
  describe(`A revocation at one of several gateways: ${name}`, () => {
    let cluster: Cluster;
    let a: TestGateway;
    let b: TestGateway;
    beforeAll(async () => {
      cluster = await (CLUSTERS[name] ?? (() => fail(name)))();
      a = await startGateway({ broker: cluster.broker() });
      b = await startGateway({ broker: cluster.broker() });
    });
    afterAll(async () => {
      await a.close();
      await b.close();
      await cluster.close();
    });

    it("ends the sessions of another on every wire, and publishing on them", async () => {
      const token = await fullToken(a, "ends", "ends");
      const { client: v1 } = await connectReady(b, { token });
      await using plain = await connectWire(b, { token });
      await using sse = await connectSse(b, { token });
      await using sse1 = await connectSse(b, { token, v1: true });
      await sse1.ready();
      const kept = await tokenFor(a, ["ends/t"], { sub: "kept" });
      await using other = await connectWire(b, { token: kept });
      assertEquals(await revoke(a, { subject: "ends" }), [200, 0]);
      assertEquals((await v1.error()).code, "forbidden");
      assertEquals((await v1.closed).code, 4403);
      assertEquals((await plain.closed).code, 4403);
      await sse.rest();
      await sse1.rest();
      await publish(a, "ends/t", 1);
      assertEquals((await other.next()).data, 1);
    });

    it("is obeyed by another on every route, for the token and its tickets", async () => {
      for (const field of ["subject", "jti", "channel"] as const) {
        const channel = `route-${field}`;
        const token = await fullToken(a, channel, channel);
        const { client, ready } = await connectReady(b, { token });
        await producerOf(b, channel, "s")("start");
        await producerOf(b, channel, "s", token)("start");
        assertEquals(await tryAll(b, token, channel), {
          ...all(200),
          connect: 101,
        });
        const { jti = "" } = decodeJwt(token);
        const value = field === "jti" ? jti : channel;
        assertEquals((await revoke(a, { [field]: value }))[0], 200);
        await client.closed;
        assertEquals(await tryAll(b, token, channel), all(403));
        assertEquals(await tryAll(b, ready.ticket, channel), all(403));
        assertEquals(await tryAll(a, token, channel), all(403));
      }
    });

    it("breaks off the streams that are under way at another", async () => {
      const reader = await tokenFor(a, ["under-way/t"]);
      await using client = await connectWire(a, { token: reader });
      const bearer = await fullToken(a, "under-way", "streamer");
      const pieces = new TransformStream<Uint8Array, Uint8Array>();
      const writer = pieces.writable.getWriter();
      const bytes = new TextEncoder().encode("piece");
      const request = { bearer, channel: "under-way", topic: "t" };
      const streaming = postJson(b, {
        ...request,
        headers: { "content-type": "text/stream" },
        body: pieces.readable,
      });
      let isTeeing = true;
      const teeing = postJson(b, {
        ...request,
        route: "publish/tee",
        body: bodyOf((async function* () {
          while (isTeeing) {
            yield bytes;
            await pause(10);
          }
        })()),
      });
      await writer.write(bytes);
      await client.take(2);
      await revoke(a, { subject: "streamer" });
      await untilRefused(b, bearer);
      // The gateway may have ended the request by now.
      await writer.write(bytes).catch(() => {});
      assertEquals((await client.find("datastream-end")).metadata, {
        error: {
          code: "forbidden",
          message: "Cannot use the token: it was revoked",
        },
      });
      await writer.close().catch(() => {});
      assertEquals((await streaming).status, 403);
      assertEquals((await teeing).status, 403);
      isTeeing = false;
    });

    it("of a channel stops tokens that publish everywhere from publishing there, and only there", async () => {
      const bearer = await tokenFor(a, ["everywhere/t"], { publish: true });
      const { client, ready } = await connectReady(b, { token: bearer });
      const to = (channel: string, bearer: string) =>
        postJson(b, { channel, topic: "t", body: "1", bearer });
      assertEquals((await to("closed", bearer)).status, 200);
      await revoke(a, { channel: "closed" });
      await until(async () => (await to("closed", bearer)).status === 403);
      assertEquals((await to("closed", ready.ticket)).status, 403);
      assertEquals((await to("open", bearer)).status, 200);
      const frame = { kind: "publish", topic: "t", data: 1 };
      await client.send({ ...frame, ref: "1", channel: "closed" });
      assertEquals(await client.error(), { ref: "1", code: "forbidden" });
      await client.send({ ...frame, ref: "2", channel: "open" });
      assertEquals((await client.next()).kind, "ack");
      await client.close();
    });

    it("is obeyed by a gateway that starts later", async () => {
      const token = await fullToken(a, "restart", "restart");
      await revoke(a, { subject: "restart" });
      await using c = await startGateway({ broker: cluster.broker() });
      assertEquals(await tryAll(c, token, "restart"), all(403));
    });

    it("leaves none of the clients alive that connect during it", async () => {
      const kept = await tokenFor(a, ["storm/t"], { sub: "kept" });
      await using healthy = await connectWire(a, { token: kept });
      const heard: Frame[] = [];
      let alive = 0;
      async function connect(token: string, i: number): Promise<void> {
        const target = i % 5 ? a : b;
        const { socket } = await handshake(target, { token, v1: i % 3 > 0 });
        if (!socket) return;
        alive++;
        for (;;) {
          const text = await socket.next();
          if (text === undefined) break;
          for (const line of text.split("\n")) {
            const frame: Frame = JSON.parse(line);
            if (frame.kind === "data") heard.push(frame);
          }
        }
        alive--;
      }
      const connections: Promise<void>[] = [];
      // A handshake takes several turns of the event loop. Each user's tokens are revoked at another one of them.
      for (let user = 0; user < 30; user++) {
        const sub = `storm-${user}`;
        const token = await tokenFor(a, ["storm/t"], { sub });
        for (let i = 0; i < 10; i++) connections.push(connect(token, i));
        for (let turn = 0; turn < user; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        const request = new Request(address(a, "revoke"), {
          method: "POST",
          headers: { authorization: `Bearer ${a.signingKey}` },
          body: JSON.stringify({ subject: sub }),
        });
        const response = await a.gateway.fetch(request);
        assertEquals(response.status, 200);
        await response.body?.cancel();
      }
      // A guard: without it, a socket that stays alive would only show as a test that hangs.
      await within(10_000, Promise.all(connections));
      assertEquals(alive, 0);
      await publish(b, "storm/t", "after");
      assertEquals((await healthy.next()).data, "after");
      assertEquals(heard, []);
    });
  });
}

describeCluster("memory");
if (redisPath() !== undefined) describeCluster("redis");

/** A memory broker that stops in one of its methods until it is released. */
function holding(method: "subscribe" | "read") {
  const memory = new MemoryBroker();
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const broker: Broker = Object.assign(memory, {
    async [method](...args: never[]): Promise<unknown> {
      asked.resolve();
      await held.promise;
      const original: (...args: never[]) => unknown =
        MemoryBroker.prototype[method];
      return original.apply(memory, args);
    },
  });
  return { broker, asked: asked.promise, release: () => held.resolve() };
}

describe("A token that is revoked while the gateway waits for its broker", () => {
  it("opens no plain WebSocket and no event stream", async () => {
    for (const wire of ["websocket", "sse"]) {
      const { broker, asked, release } = holding("subscribe");
      await using gateway = await startGateway({ broker });
      const token = await tokenFor(gateway, ["c/t"], { sub: "u" });
      const answering = wire === "sse"
        ? requestSse(gateway, { token })
        : handshake(gateway, { token }).then(({ answer }) => answer);
      await asked;
      assertEquals(await revoke(gateway, { subject: "u" }), [200, 0]);
      release();
      const answer = await answering;
      if (answer instanceof Response) await answer.body?.cancel();
      assertEquals(answer.status, 403);
    }
  });

  it("starts no subscription of tidings.v1", async () => {
    const { broker, asked, release } = holding("subscribe");
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t"], { sub: "u" });
    const client: WireClient = await connectWire(gateway, { token, v1: true });
    await using sse = await connectSse(gateway, { token, v1: true });
    await asked;
    assertEquals(await revoke(gateway, { subject: "u" }), [200, 2]);
    release();
    assertEquals((await client.error()).code, "forbidden");
    assertEquals((await client.closed).code, 4403);
    const rest = await sse.rest();
    const frames = rest.match(/"kind":"\w+"/g)?.map((kind) =>
      kind.slice(8, -1)
    );
    assertEquals(frames?.filter((kind) => kind !== "ping"), ["error"]);
  });

  it("starts no subscription while its ticket is made", async () => {
    const making = Promise.withResolvers<string>();
    const host = { ...fakeHost(), ticket: () => making.promise };
    const session = new Session(host, new FakeSocket(), "ws.v1");
    const topics = claims(["c/t"]);
    const starting = session.subscriptions.subscribe(
      createClaims({ topics, sub: "u" }),
    );
    // No grant of the session shows yet that the revocation concerns it.
    await host.revocations.revoke({ subject: "u" });
    assertEquals(session.subscriptions.revoke(() => true), 0);
    making.resolve("ticket");
    const error = await assertRejects(() => starting, RealtimeError);
    assertEquals(error.code, "forbidden");
    assertEquals(Object.keys(session.subscriptions.positions), []);
    session.close(1000, "");
  });

  it("reads no history", async () => {
    const { broker, asked, release } = holding("read");
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t"], { sub: "u" });
    await publish(gateway, "c/t", "secret");
    const reading = fetch(
      address(gateway, "history", { channel: "c", token }),
    );
    await asked;
    await revoke(gateway, { subject: "u" });
    release();
    const answer = await reading;
    await answer.body?.cancel();
    assertEquals(answer.status, 403);
  });
});

describe("A token that is revoked while its message is checked", () => {
  it("publishes nothing", async () => {
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const schema = z.number().refine(async () => {
      asked.resolve();
      await held.promise;
      return true;
    });
    const channels = { c: channel("c").addTopic(topic("t").schema(schema)) };
    await using gateway = await startGateway({ channels });
    const bearer = await fullToken(gateway, "c", "u");
    const request = { channel: "c", topic: "t", body: "1", bearer };
    const publishing = postJson(gateway, request);
    await asked.promise;
    await revoke(gateway, { subject: "u" });
    held.resolve();
    assertEquals((await publishing).status, 403);
    assertEquals(await logOf(gateway, "c"), []);
  });
});

const withRedis = redisPath() === undefined ? describe.skip : describe;

withRedis("A revocation that Redis can't keep", () => {
  it("is answered by 503, ends this gateway's sessions all the same, and no token is accepted blindly", async () => {
    await using redis = await startRedis();
    const broker = new RedisBroker({ url: redis.url, timeout: "900ms" });
    await using gateway = await startGateway({ broker });
    const token = await fullToken(gateway, "c", "u");
    const other = await fullToken(gateway, "c", "other");
    const { client } = await connectReady(gateway, { token });
    const { client: kept } = await connectReady(gateway, { token: other });
    redis.pause();
    assertEquals(await revoke(gateway, { subject: "u" }), [503, "unavailable"]);
    assertEquals((await client.closed).code, 4403);
    const { answer } = await handshake(gateway, { token: other });
    assertEquals(answer.status, 503);
    redis.resume();
    await until(async () =>
      (await revoke(gateway, { subject: "u" }))[0] === 200
    );
    assertEquals((await handshake(gateway, { token })).answer.status, 403);
    await publish(gateway, "c/t", 1);
    assertEquals((await kept.next()).data, 1);
    await kept.close();
  });
});

describe("A session's ticket", () => {
  it("has the time of its token, so that an earlier revocation includes it", async () => {
    await using gateway = await startGateway();
    const payload = payloadOf(["c/t"]);
    const iat = Math.floor(Date.now() / 1000) - 30;
    const token = await sign(gateway, { ...payload, iat });
    const { client, ready } = await connectReady(gateway, { token });
    assertEquals(decodeJwt(ready.ticket).iat, iat);
    await client.close();
    const again = await connectReady(gateway, { token: ready.ticket });
    assertEquals(decodeJwt(again.ready.ticket).iat, iat);
    await again.client.close();
  });
});

describe("A token whose session has ended", () => {
  it("opens nothing, reads nothing and publishes nothing", async () => {
    await using gateway = await startGateway();
    await producerOf(gateway, "c", "s")("start");
    const now = Math.floor(Date.now() / 1000);
    const grants = { publish: claims(["c/t", "c/$stream"]) };
    const payload = { ...payloadOf(["c/t"]), ...grants, iat: now - 60 };
    const token = await sign(gateway, { ...payload, sexp: now - 1 });
    assertEquals(await tryAll(gateway, token, "c"), all(401));
    await using client = await connectWire(gateway, { v1: true });
    await client.subscribe(token, "1");
    assertEquals(await client.error(), { ref: "1", code: "token_expired" });
  });
});

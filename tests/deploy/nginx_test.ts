import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../server/brokers/redis.ts";
import {
  SIGNING_KEY,
  startGateway,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import {
  type Nginx,
  nginxConfig,
  startNginx,
} from "../support/gateway/nginx.ts";
import { bodyOf, postJson, publish } from "../support/wire/publish.ts";
import { type RedisServer, startRedis } from "../support/brokers/redis.ts";
import { nginxPath, redisPath } from "../support/requirements.ts";
import { RawSocket } from "../support/wire/raw_socket.ts";
import { connectSse } from "../support/wire/sse.ts";
import { until } from "../support/until.ts";
import {
  connectReady,
  connectWire,
  type Target,
  tokenFor,
} from "../support/wire/websocket.ts";

const isHere = redisPath() !== undefined && nginxPath() !== undefined;
const withNginx = isHere ? describe : describe.skip;

const encoder = new TextEncoder();

withNginx(
  "three gateways behind nginx, with the documented configuration",
  () => {
    let redis: RedisServer;
    let nginx: Nginx;
    let target: Target;
    const gateways: TestGateway[] = [];
    beforeAll(async () => {
      redis = await startRedis();
      for (let i = 0; i < 3; i++) {
        const broker = new RedisBroker({ url: redis.url });
        gateways.push(await startGateway({ broker }));
      }
      nginx = await startNginx(gateways.map(portOf));
      target = { url: nginx.url, signingKey: SIGNING_KEY };
    });
    afterAll(async () => {
      await nginx.kill();
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await redis.kill();
    });

    function portOf({ url }: Target): number {
      return Number(new URL(url).port);
    }

    /** Returns the number of connections of each gateway. */
    async function connections(): Promise<number[]> {
      return await Promise.all(gateways.map(async ({ url }) => {
        const response = await fetch(`${url}/health`);
        return (await response.json()).connections;
      }));
    }

    it("share WebSockets and Server-Sent Events, and deliver to all of them", async () => {
      const token = await tokenFor(target, ["spread/t"]);
      const sockets = await Promise.all(
        Array.from({ length: 6 }, () => connectReady(target, { token })),
      );
      const plain = await connectWire(target, { token });
      const streams = await Promise.all(
        Array.from(
          { length: 6 },
          () => connectSse(target, { token, v1: true }),
        ),
      );
      for (const stream of streams) await stream.ready();
      const counts = await connections();
      assertEquals(counts.filter((count) => count > 0).length, 3);
      const ids: string[] = [];
      for (let n = 0; n < 9; n++) {
        ids.push(
          await publish(target, "spread/t", n),
        );
      }
      for (const { client } of sockets) {
        assertEquals((await client.take(9)).map(({ id }) => id), ids);
      }
      assertEquals((await plain.take(9)).map(({ id }) => id), ids);
      for (const stream of streams) {
        const got = [];
        while (got.length < 9) got.push((await stream.next()).id);
        assertEquals(got, ids);
      }
      await Promise.all([
        ...sockets.map(({ client }) => client.close()),
        plain.close(),
        ...streams.map((stream) => stream[Symbol.asyncDispose]()),
      ]);
      await until(async () => (await connections()).every((n) => n === 0));
    });

    it("forward the chunks of a stream at once, in both directions", async () => {
      const token = await tokenFor(target, ["pieces/t"]);
      await using sse = await connectSse(target, { token, v1: true });
      await sse.ready();
      const { readable, writable } = new TransformStream<Uint8Array>();
      const writer = writable.getWriter();
      const answer = postJson(target, {
        channel: "pieces",
        topic: "t",
        headers: { "content-type": "text/stream" },
        body: bodyOf(readable),
      });
      await writer.write(encoder.encode("one"));
      assertEquals((await sse.next()).kind, "datastream-start");
      assertEquals((await sse.next()).data, "one");
      await writer.write(encoder.encode("two"));
      assertEquals((await sse.next()).data, "two");
      await writer.close();
      assertEquals((await answer).status, 200);
      assertEquals((await sse.next()).kind, "datastream-end");
    });

    it("refuse a message that is too large with their own error", async () => {
      const { status, error } = await postJson(target, {
        channel: "large",
        topic: "t",
        body: JSON.stringify("x".repeat(2 * 1024 * 1024)),
      });
      assertEquals([status, error?.code], [413, "too_large"]);
    });

    it("are spared connections whose headers don't come", async () => {
      // The documented time, 20 s, is too long for a test.
      await using hurried = await startNginx(
        gateways.map(portOf),
        (config) => {
          assertMatch(config, /client_header_timeout 20s;/);
          return config.replace(
            "client_header_timeout 20s",
            "client_header_timeout 1s",
          );
        },
      );
      for (const start of ["", "GET /health HTTP/1.1\r\nx-slow: "]) {
        await using socket = await RawSocket.open(hurried.url);
        await socket.write(start);
        const drip = setInterval(() => {
          if (start !== "") void socket.write("x");
        }, 200);
        await socket.takeAll();
        clearInterval(drip);
        assertEquals(socket.ended, true);
      }
    });

    it("accept connections while one of them drains and stops", async () => {
      const [leaving] = gateways;
      await leaving?.gateway.drain({ spread: "1ms" });
      const token = await tokenFor(target, ["leaving/t"]);
      for (let i = 0; i < 6; i++) {
        const { client } = await connectReady(target, { token });
        await client.close();
      }
      await leaving?.close();
      for (let i = 0; i < 6; i++) {
        const { client } = await connectReady(target, { token });
        await publish(target, "leaving/t", i);
        assertEquals(await client.takeData(1), [i]);
        await client.close();
      }
    });
  },
);

describe("nginxConfig()", () => {
  it("changes only the addresses of the documented configuration", () => {
    const config = nginxConfig(1234, [1, 2]);
    assertEquals(config.match(/^ *(server|listen) [\d.].*;$/gm), [
      "  server 127.0.0.1:1 max_fails=0;",
      "  server 127.0.0.1:2 max_fails=0;",
      "  listen 127.0.0.1:1234 backlog=4096;",
    ]);
  });
});

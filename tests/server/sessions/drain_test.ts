import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { drainSessions, drainTimes } from "../../../server/sessions/drain.ts";
import { Session } from "../../../server/sessions/session.ts";
import { fakeHost, FakeSocket } from "../../support/wire/fake_socket.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { batch, postJson, publish } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** More than the kernel takes for a client that does not read, after 40 times. */
const DATA = "x".repeat(400_000);

describe("Gateway.drain()", () => {
  it("tells clients of tidings.v1 when to reconnect, and closes every client with 1012", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => connectReady(gateway, { token })),
    );
    await using plain = await connectWire(gateway, { token });
    await using sse = await connectSse(gateway, { token, v1: true });
    await sse.ready();
    await gateway.gateway.drain({ spread: "1000s" });
    const times = new Set<number>();
    for (const { client } of clients) {
      const { kind, data } = await client.next();
      const { reason, retry_after_ms: time } = Object(data);
      assertEquals([kind, reason], ["closing", "draining"]);
      assert(time >= 0 && time <= 1_000_000);
      times.add(time);
      assertEquals((await client.closed).code, 1012);
    }
    assert(times.size > 1, "all reconnect at once");
    assertEquals((await plain.closed).code, 1012);
    assertEquals((await sse.next()).kind, "closing");
    assertEquals(await sse.rest(), "");
  });

  it("refuses new connections and messages with 503", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await gateway.gateway.drain();
    const { answer } = await handshake(gateway, { token });
    const published = await postJson(gateway, { channel: "c", topic: "t" });
    const health = await fetch(`${gateway.url}/health`);
    assertEquals(
      [answer.status, published.status, published.error?.code, health.status],
      [503, 503, "unavailable", 503],
    );
    assertEquals((await health.json()).status, "draining");
  });

  it("sends each client all of its messages before it closes", async () => {
    await using gateway = await startGateway();
    const data = "x".repeat(100_000);
    await batch(
      gateway,
      Array.from({ length: 60 }, () => ({ channel: "c", topic: "t", data })),
    );
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token, since: "start" });
    await using _ = client;
    const drained = gateway.gateway.drain();
    const frames = await client.take(61);
    const messages = frames.filter(({ kind }) => kind === "data");
    assertEquals(messages.length, 60);
    await drained;
    assertEquals((await client.closed).code, 1012);
  });

  it("waits for a client that does not read no longer than the deadline", async () => {
    await using gateway = await startGateway({ queueBytes: 64 * 1024 * 1024 });
    const token = await tokenFor(gateway, ["c/t"]);
    await using reading = await connectWire(gateway, { token });
    const { client: stalled } = await connectReady(gateway, { token });
    await using _ = stalled;
    stalled.socket.pause();
    for (let i = 0; i < 40; i++) {
      await publish(gateway, "c/t", DATA);
      await reading.next();
    }
    await gateway.gateway.drain({ deadline: "100ms" });
    assertEquals((await reading.closed).code, 1012);
  });
});

describe("drainSessions()", () => {
  it("does not wait for a connection that is gone, even if its socket still has bytes", async () => {
    const host = fakeHost();
    // A runtime may still count what was sent to a socket that is closed.
    const socket = new FakeSocket();
    socket.buffered = 100;
    const session = new Session(host, socket, "ws.v1");
    session.ended(1001);
    await drainSessions([session], drainTimes({ deadline: "1h" }));
    assertEquals(socket.sent.length, 0);
  });
});

describe("Gateway.close()", () => {
  it("drains first, and closes the broker after that", async () => {
    const gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    await using plain = await connectWire(gateway, { token });
    await gateway.gateway.close();
    assertEquals((await client.next()).kind, "closing");
    assertEquals((await client.closed).code, 1012);
    assertEquals((await plain.closed).code, 1012);
    await gateway.close();
  });

  it("waits for a drain that began before, and drains once", async () => {
    const gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    const drained = gateway.gateway.drain({ spread: 0 });
    await gateway.gateway.close({ spread: 100 });
    await drained;
    const { data } = await client.next();
    assertEquals(Object(data).retry_after_ms, 0);
    assertEquals((await client.closed).code, 1012);
    await gateway.close();
  });

  it("refuses a wrong duration, and the gateway goes on", async () => {
    await using gateway = await startGateway();
    for (const act of ["drain", "close"] as const) {
      const error = await assertRejects(
        () => gateway.gateway[act]({ spread: "soon" as "1s" }),
        RealtimeError,
        'Cannot drain: "spread" is "soon"',
      );
      assertEquals(error.code, "invalid_argument");
      await publish(gateway, "c/t", 1);
    }
  });

  it("waits for no client with a deadline of 0", async () => {
    const gateway = await startGateway({ queueBytes: 64 * 1024 * 1024 });
    const token = await tokenFor(gateway, ["c/t"]);
    const { client: stalled } = await connectReady(gateway, { token });
    await using _ = stalled;
    stalled.socket.pause();
    for (let i = 0; i < 40; i++) await publish(gateway, "c/t", DATA);
    await gateway.gateway.close({ deadline: 0 });
    await gateway.close();
  });
});

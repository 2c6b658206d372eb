import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { newMessage } from "../../../server/wire/envelope.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { Session } from "../../../server/sessions/session.ts";
import { fakeHost, FakeSocket } from "../../support/wire/fake_socket.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, publish } from "../../support/wire/publish.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  address,
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

const BIG = "x".repeat(400 * 1024);

/** Publishes more than the kernel's buffers hold. The healthy client takes each message before the next is published. */
async function flood(
  gateway: TestGateway,
  take: () => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < 25; i++) {
    await publish(gateway, "c/t", BIG);
    await take();
  }
}

async function connectionsOf({ url }: TestGateway): Promise<number> {
  const response = await fetch(`${url}/health`);
  return (await response.json()).connections;
}

describe("a WebSocket client that stops reading", () => {
  it("is closed with 4408 and forgotten, while others go on", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await using healthy = await connectWire(gateway, { token });
    const { client: stalled } = await connectReady(gateway, { token });
    await using _ = stalled;
    stalled.socket.pause();
    await flood(gateway, () => healthy.next());
    assertEquals(await connectionsOf(gateway), 1);
    const id = await publish(gateway, "c/t", "last");
    assertEquals((await healthy.next()).id, id);
  });

  it("is closed with 4408 when it makes no progress before the deadline", async () => {
    await using gateway = await startGateway({
      queueBytes: 64 * 1024 * 1024,
      queueDeadline: "200ms",
    });
    const token = await tokenFor(gateway, ["c/t"]);
    await using healthy = await connectWire(gateway, { token });
    await using stalled = await connectWire(gateway, { token });
    stalled.socket.pause();
    await flood(gateway, () => healthy.next());
    while (await connectionsOf(gateway) > 1);
    await publish(gateway, "c/t", "last");
    assertEquals((await healthy.next()).data, "last");
  });

  it("gets the close code when it reads again, and resumes without a loss", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await using healthy = await connectWire(gateway, { token });
    const { client: stalled } = await connectReady(gateway, { token });
    await using _ = stalled;
    const first = await publish(gateway, "c/t", 0);
    assertEquals((await healthy.next()).id, first);
    assertEquals((await stalled.next()).id, first);
    stalled.socket.pause();
    await flood(gateway, () => healthy.next());
    stalled.socket.resume();
    let last = 1;
    for (;;) {
      const text = await stalled.socket.next();
      if (text === undefined) break;
      for (const line of text.split("\n")) {
        assertEquals(JSON.parse(line).id, `${first.slice(0, 8)}-${++last}`);
      }
    }
    const { code } = await stalled.closed;
    // If the runtime cut the connection, the code was behind messages that the client had not read.
    assert(code === 4408 || code === 1006, String(code));
    const since = `${first.slice(0, 8)}-${last}`;
    const back = await connectReady(gateway, { token, since });
    const recovered = back.ready.channels[0]?.recovered;
    const next = await back.client.next();
    if (recovered) assertEquals(next.id, `${first.slice(0, 8)}-${last + 1}`);
    else assertEquals(Object(next.data).after, since);
    await back.client.close();
  });
});

describe("an event stream whose client stops reading", () => {
  it("is ended, while others go on", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await using healthy = await connectSse(gateway, { token });
    const url = new URL(address(gateway, "sse", { token }));
    await using stalled = await RawSocket.open(gateway.url);
    await stalled.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`,
    );
    await stalled.takeUntil(":\n\n");
    stalled.pause();
    await flood(gateway, () => healthy.next());
    assertEquals(await connectionsOf(gateway), 1);
    await publish(gateway, "c/t", "last");
    assertEquals((await healthy.next()).data, "last");
  });
});

describe("a client that reads slowly", () => {
  it("is not closed although it resumes many channels at once", async () => {
    const broker = new MemoryBroker();
    const data = JSON.stringify("x".repeat(60_000));
    const channels = Array.from({ length: 40 }, (_, i) => `c${i}`);
    for (const channel of channels) {
      for (let i = 0; i < 5; i++) {
        const message = newMessage({ channel }, "t", data);
        await broker.publish(channel, [message]);
      }
    }
    const socket = new FakeSocket();
    const session = new Session(fakeHost(broker), socket, "ws.v1");
    const now = Math.floor(Date.now() / 1000);
    await session.subscriptions.subscribe({
      use: "subscribe",
      topics: channels.map((channel) => ({ channel, name: "t" })),
      jti: "1",
      iat: now,
      exp: now + 60,
      sexp: now + 3600,
    }, "start");
    while (!session.settled && !socket.terminated) {
      socket.take(100_000);
      session.drain();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const objects = socket.sent.flatMap(({ texts }) =>
      texts.join("\n").split("\n")
    );
    assertEquals([socket.terminated, objects.length], [false, 1 + 40 * 5]);
    session.close(1000, "");
    await broker.close();
  });
});

describe("a client that reads", () => {
  it("is not closed although one request publishes more than its queue holds", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectWire(gateway, { token });
    const lines = Array.from({ length: 60 }, (_, i) => {
      return {
        channel: "c",
        topic: "t",
        data: `${i} ${BIG.slice(0, 100_000)}`,
      };
    });
    const answers = batch(gateway, lines);
    const frames = await client.take(60);
    assertEquals(
      frames.map(({ id }) => id),
      (await answers).map(({ id }) => id ?? ""),
    );
  });
});

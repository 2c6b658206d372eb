import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startGateway } from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

describe("ping", () => {
  it("tells a client of tidings.v1 up to which id it has everything, for each channel", async () => {
    await using gateway = await startGateway({ pingInterval: "20ms" });
    const token = await tokenFor(gateway, ["a/t", "__proto__/t"]);
    const { client, ready } = await connectReady(gateway, { token });
    await using _ = client;
    assertEquals(ready.ping_interval_ms, 20);
    const quiet = await publish(gateway, "a/other", 1);
    const heard = await publish(gateway, "__proto__/t", 2);
    assertEquals((await client.find("data")).id, heard);
    // The first ping may be older than these messages.
    await client.find("ping");
    const { data } = await client.find("ping");
    assertEquals(Object.entries(Object(data)), [
      ["a", quiet],
      ["__proto__", heard],
    ]);
  });

  it("is never ahead of the messages", async () => {
    await using gateway = await startGateway({ pingInterval: "1ms" });
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    let pings = 0;
    let last = 0;
    const publishing = Promise.all(
      Array.from({ length: 300 }, (_, i) => publish(gateway, "c/t", i)),
    );
    while (last < 300 || pings < 3) {
      const { kind, data, id } = await client.nextFrame();
      if (kind === "ping") {
        pings++;
        assertEquals(Number(Object(data).c.slice(9)), last);
      } else last = Number(id.slice(9));
    }
    await publishing;
  });

  it("ends a client that never answers, and keeps one that does", async () => {
    await using gateway = await startGateway({
      pingInterval: "20ms",
      pongTimeout: "800ms",
    });
    const token = await tokenFor(gateway, ["c/t"]);
    const { client: alive } = await connectReady(gateway, { token });
    await using _alive = alive;
    const { client: dead } = await connectReady(gateway, { token });
    await using _dead = dead;
    let over = false;
    const closed = dead.closed.finally(() => {
      over = true;
    });
    while (!over) {
      await alive.find("ping");
      await alive.send({ kind: "pong" });
    }
    assertEquals((await closed).code, 1001);
    await publish(gateway, "c/t", 1);
    assertEquals((await alive.find("data")).data, 1);
  });

  it("is not sent to plain clients, which are not ended although they do not answer", async () => {
    await using gateway = await startGateway({
      pingInterval: "5ms",
      pongTimeout: "20ms",
    });
    const token = await tokenFor(gateway, ["c/t"]);
    await using plain = await connectWire(gateway, { token });
    const { client: dead } = await connectReady(gateway, { token });
    await using _ = dead;
    await dead.closed;
    await publish(gateway, "c/t", 1);
    assertEquals((await plain.next()).data, 1);
  });

  it("is a comment in a plain event stream", async () => {
    await using gateway = await startGateway({ pingInterval: "10ms" });
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectSse(gateway, { token });
    // One comes at the start, the others at the interval.
    for (let i = 0; i < 4; i++) {
      assertEquals(await client.takeUntil("\n\n"), ":\n\n");
    }
  });

  it("is an event without an id in an event stream of tidings.v1", async () => {
    await using gateway = await startGateway({ pingInterval: "10ms" });
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectSse(gateway, { token, v1: true });
    const { channels } = await client.ready();
    const { id, data } = await client.event();
    assertEquals(id, undefined);
    assertEquals(JSON.parse(data), {
      kind: "ping",
      data: { c: channels[0]?.position },
    });
  });
});

describe("the WebSocket protocol's own ping", () => {
  it("is answered", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectWire(gateway, { token });
    await client.socket.send("are you there", "ping");
    assertEquals(await client.socket.nextPong(), "are you there");
  });
});

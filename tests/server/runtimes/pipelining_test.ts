import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate } from "node:timers/promises";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { SIGNING_KEY, startGateway } from "../../support/gateway/gateway.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";

/** Bun ends a connection that sends a request before the answer to the last one. */
const isBun = "Bun" in globalThis;

const isNode = !isBun && !("Deno" in globalThis);

const FIELDS = `host: 127.0.0.1\r\nauthorization: Bearer ${SIGNING_KEY}\r\n`;

const HISTORY = `GET /v1/realtime/history?channel=c HTTP/1.1\r\n${FIELDS}\r\n`;

const TINY = "GET /livez HTTP/1.1\r\nhost:a\r\n\r\n";

/** A broker that counts how many of its reads happen at once. Each takes some turns of the event loop. */
function slowBroker() {
  let running = 0;
  const counts = { reads: 0, atOnce: 0 };
  const memory = new MemoryBroker();
  const broker: Broker = Object.assign(memory, {
    async read(...args: Parameters<Broker["read"]>) {
      counts.reads++;
      counts.atOnce = Math.max(counts.atOnce, ++running);
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      running--;
      return await MemoryBroker.prototype.read.apply(memory, args);
    },
  });
  return { broker, counts };
}

describe("requests that a connection sends before the answer to the last one", () => {
  it("are handled one at a time", async () => {
    const { broker, counts } = slowBroker();
    await using gateway = await startGateway({ broker });
    await using client = await RawSocket.open(gateway.url);
    await client.write(HISTORY.repeat(5));
    for (let i = 0; i < 5 && !client.ended; i++) await client.takeAnswer();
    assertEquals(counts.atOnce, 1);
    assertEquals(client.ended, isBun);
  });

  if (!isBun) {
    it("are answered in their order", async () => {
      await using gateway = await startGateway();
      await using client = await RawSocket.open(gateway.url);
      const requests = Array.from({ length: 1000 }, (_, i) => {
        const body = String(i);
        return `POST /v1/realtime/publish?channel=c&topic=t HTTP/1.1\r\n` +
          `${FIELDS}content-length: ${body.length}\r\n\r\n${body}`;
      });
      void client.write(requests.join(""));
      for (let i = 1; i <= requests.length; i++) {
        const { body } = await client.takeAnswer();
        assertEquals(JSON.parse(body).id.slice(9), String(i));
      }
    });
  }

  if (isNode) {
    it("are not read while others wait", async () => {
      let received = 0;
      const count = () => received++;
      subscribe("http.server.request.start", count);
      const { broker, counts } = slowBroker();
      await using gateway = await startGateway({ broker });
      await using client = await RawSocket.open(gateway.url);
      client.pause();
      // More than the gateway's share of the kernel's buffers, most of which it must leave there.
      void client.write(HISTORY.repeat(20_000));
      while (counts.reads < 50) await setImmediate();
      unsubscribe("http.server.request.start", count);
      assert(received < 500, `${received} requests were read`);
    });

    it("end it where they are tiny, so that hundreds wait", async () => {
      const { broker } = slowBroker();
      await using gateway = await startGateway({ broker });
      await using client = await RawSocket.open(gateway.url);
      await client.write(HISTORY + TINY.repeat(1000));
      assertEquals(await client.takeAll(), "");
    });
  }
});

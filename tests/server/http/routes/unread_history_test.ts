import type { Duration } from "../../../../core/protocol/duration.ts";
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { MemoryBroker } from "../../../../server/mod.ts";
import { newMessage } from "../../../../server/wire/envelope.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { until } from "../../../support/until.ts";
import { RawSocket } from "../../../support/wire/raw_socket.ts";
import { address, tokenFor } from "../../../support/wire/websocket.ts";

const QUERY = { channel: "large", limit: "1000" };

/** Bun itself ends a connection after 20 s without progress. */
const OF_BUN_MS = 15_000;

/** Starts a gateway with pages of almost 8 MiB, more than the kernel's buffers hold. */
async function startLarge(queueDeadline: Duration): Promise<TestGateway> {
  const broker = new MemoryBroker();
  const message = newMessage(QUERY, "t", JSON.stringify("x".repeat(8000)));
  await broker.publish("large", Array.from({ length: 1000 }, () => message));
  return await startGateway({ broker, queueDeadline });
}

/** Asks for a page and reads no more than the head of the answer. */
async function stall(gateway: TestGateway, token: string): Promise<RawSocket> {
  const { host, pathname, search } = new URL(
    address(gateway, "history", { ...QUERY, token }),
  );
  const socket = await RawSocket.open(gateway.url);
  await socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
  );
  await socket.takeUntil("\r\n\r\n");
  socket.pause();
  return socket;
}

/** Asks for as many pages as a token may have in flight. */
function stallAll(gateway: TestGateway, token: string): Promise<RawSocket[]> {
  return Promise.all([1, 2, 3].map(() => stall(gateway, token)));
}

/** Asks for the head of a page: it tells whether the token may have another one. */
async function mayRead(gateway: TestGateway, token: string): Promise<boolean> {
  const url = address(gateway, "history", { ...QUERY, token });
  const { status, headers } = await fetch(url, { method: "HEAD" });
  if (status === 200) return true;
  assertEquals([status, headers.get("retry-after")], [429, "1"]);
  return false;
}

describe("pages of history that are not read", () => {
  it("count for their token until the client leaves, and for no other", async () => {
    await using gateway = await startLarge("1m");
    const token = await tokenFor(gateway, ["large/t"]);
    const stalled = await stallAll(gateway, token);
    const refusal = await fetch(
      address(gateway, "history", { ...QUERY, token }),
    );
    assertEquals((await refusal.json()).error.code, "rate_limited");
    assertEquals(await mayRead(gateway, token), false);
    const other = await tokenFor(gateway, ["large/t"]);
    const page = await fetch(
      address(gateway, "history", { ...QUERY, token: other }),
    );
    assertEquals((await page.json()).messages.length, 1000);
    await Promise.all(stalled.map((socket) => socket.close()));
    await until(() => mayRead(gateway, token));
  });

  it("are cut off after the deadline of a send queue", async () => {
    await using gateway = await startLarge("300ms");
    const token = await tokenFor(gateway, ["large/t"]);
    const stalled = await stallAll(gateway, token);
    const began = performance.now();
    await until(() => mayRead(gateway, token));
    assert(performance.now() - began < OF_BUN_MS, "Bun cut them off");
    await Promise.all(stalled.map((socket) => socket.close()));
  });

  it("don't count where only their heads are asked for", async () => {
    await using gateway = await startLarge("1m");
    const token = await tokenFor(gateway, ["large/t"]);
    for (let i = 0; i < 4; i++) {
      assertEquals(await mayRead(gateway, token), true);
    }
  });
});

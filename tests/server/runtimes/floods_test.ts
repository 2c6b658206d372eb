import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { pause } from "../../../core/time/backoff.ts";
import { openRaw } from "../../chaos/raw_connection.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { frame } from "../../support/wire/raw_frames.ts";
import {
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** Deno answers pings and joins fragments before the gateway sees any of them. */
const isDeno = "Deno" in globalThis;

/** Bun shows pings and pongs, and joins fragments. */
const isNode = !isDeno && !("Bun" in globalThis);

const TEXT_START = 0x01;
const CONTINUATION = 0x00;
const LAST_CONTINUATION = 0x80;
const PING = 0x89;
const PONG = 0x8a;
const EMPTY = new Uint8Array();

describe("a flood", () => {
  let gateway: TestGateway;
  let token = "";

  beforeAll(async () => {
    gateway = await startGateway();
    token = await tokenFor(gateway, ["floods/t"], { publish: true });
  });
  afterAll(async () => {
    await gateway.close();
  });

  /** Sends the first bytes, then the others again and again until the connection ends; returns its close code. */
  async function closeCode(
    first: Uint8Array,
    others: Uint8Array,
    rounds: number,
    pauseMs = 0,
  ): Promise<string> {
    const raw = await openRaw(gateway, token);
    try {
      const answer = raw.answer();
      await raw.write(first);
      for (let round = 0; round < rounds && !raw.isOver; round++) {
        await raw.write(others);
        if (pauseMs > 0) await pause(pauseMs);
      }
      return await answer;
    } finally {
      await raw.hangUp();
    }
  }

  function many(first: number, count: number): Uint8Array {
    const one = frame.make(first, EMPTY);
    return frame.join(Array.from({ length: count }, () => one));
  }

  it("of empty text frames ends with 4429", async () => {
    await using client = await connectWire(gateway, { token, v1: true });
    void client.socket.send("", "text", 500);
    assertEquals((await client.closed).code, 4429);
  });

  it("of fragments that stays below the limits is one message", async () => {
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    const raw = await openRaw(gateway, token);
    try {
      const text = JSON.stringify({
        kind: "publish",
        channel: "floods",
        topic: "t",
        data: "x".repeat(800),
      });
      const letters = [...text].map((letter) =>
        frame.make(CONTINUATION, new TextEncoder().encode(letter))
      );
      await raw.write(frame.join([
        frame.make(TEXT_START, EMPTY),
        ...letters,
        frame.make(LAST_CONTINUATION, EMPTY),
      ]));
      assertEquals((await client.next()).data, "x".repeat(800));
    } finally {
      await raw.hangUp();
    }
  });

  if (!isDeno) {
    it("of pings ends with 4429", async () => {
      // A few at once: `ws` cuts a connection that doesn't take its pongs.
      assertEquals(await closeCode(EMPTY, many(PING, 20), 50, 10), "4429");
    });

    it("of pings within a fragmented message ends with 4429", async () => {
      const start = frame.make(TEXT_START, EMPTY);
      assertEquals(await closeCode(start, many(PING, 20), 50, 10), "4429");
    });

    it("of pings that are all sent at once ends", async () => {
      const code = await closeCode(EMPTY, many(PING, 5000), 1);
      assert(["4429", "1006"].includes(code), code);
    });

    it("of pongs ends with 4429", async () => {
      assertEquals(await closeCode(EMPTY, many(PONG, 500), 1), "4429");
    });
  }

  if (isNode) {
    it("of empty fragments ends with 1008", async () => {
      const start = frame.make(TEXT_START, EMPTY);
      const code = await closeCode(start, many(CONTINUATION, 2000), 1);
      assertEquals(code, "1008");
    });

    it("of TCP segments of a byte each ends with 1008", async () => {
      const head = frame.head(1, 60_000);
      const code = await closeCode(head, new Uint8Array(1), 5000, 1);
      assertEquals(code, "1008");
    });
  }
});

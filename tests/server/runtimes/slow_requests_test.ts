import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { pause } from "../../../core/time/backoff.ts";
import { createGateway, type Gateway } from "../../../server/mod.ts";
import type { Listener } from "../../../server/runtimes/adapter.ts";
import { runtime } from "../../../server/runtimes/runtime.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

/** Deno ends no slow request, so a proxy has to; `docs/security.md` says so. */
const isDeno = "Deno" in globalThis;

/** Bun ends a connection's first request after 10 s, whatever its options say; the others follow these. */
const PATIENCE = { headMs: 800, requestMs: 1500 };

const DRIP_MS = 200;

/** How long a connection may last: the promise. A test with it fails instead of hanging. */
const PROMISED_MS = 30_000;

const HEALTH = "GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n";

/** The beginnings of requests that never end, and the bytes that follow now and then. */
const HEADS: Readonly<Record<string, readonly [string, string]>> = {
  "that sends nothing": ["", ""],
  "whose request line is unfinished": ["GET /hea", ""],
  "whose head stops": [`${HEALTH}x-slow: `, ""],
  "whose header drips": [`${HEALTH}x-slow: `, "x"],
  "whose headers drip": [HEALTH, "a: b\r\n"],
};

function publishHead(headers: string): string {
  return `POST /v1/realtime/publish?channel=slow&topic=t HTTP/1.1\r\n` +
    `host: 127.0.0.1\r\n${headers}\r\n\r\n`;
}

const BY_KEY = `authorization: Bearer ${SIGNING_KEY}`;

async function ended(
  socket: RawSocket,
  start: string,
  drip: string,
): Promise<string> {
  await socket.write(start);
  const began = performance.now();
  const drops = drip === ""
    ? undefined
    : setInterval(() => void socket.write(drip), DRIP_MS);
  const guard = setTimeout(() => void socket.close(), PROMISED_MS);
  try {
    const received = await socket.takeAll();
    assert(performance.now() - began < PROMISED_MS, "It stayed open");
    return received;
  } finally {
    clearInterval(drops);
    clearTimeout(guard);
  }
}

describe("a request that never ends", () => {
  let gateway: Gateway;
  let listener: Listener;
  let url = "";

  beforeAll(async () => {
    gateway = createGateway({ signingKey: SIGNING_KEY });
    const adapter = await runtime();
    const address = { port: 0, hostname: "127.0.0.1" };
    listener = await adapter.serve(gateway, address, PATIENCE);
    url = `http://127.0.0.1:${listener.port}`;
  });
  afterAll(async () => {
    await gateway.close();
    await listener.close();
  });

  async function endsAll(
    cases: readonly (readonly [start: string, drip: string])[],
  ): Promise<void> {
    const sockets = await Promise.all(cases.map(() => RawSocket.open(url)));
    try {
      await Promise.all(
        sockets.map((socket, i) => ended(socket, ...(cases[i] ?? ["", ""]))),
      );
    } finally {
      for (const socket of sockets) await socket.close();
    }
    const { status } = await fetch(`${url}/health`).then(async (answer) => {
      await answer.body?.cancel();
      return answer;
    });
    assertEquals(status, 200);
  }

  async function keptAlive(): Promise<void> {
    await using socket = await RawSocket.open(url);
    await socket.write(`${HEALTH}\r\n`);
    const { status } = await socket.takeAnswer();
    assertEquals(status, 200);
    await ended(socket, `${HEALTH}x-slow: `, "x");
  }

  async function bodies(): Promise<void> {
    const target = { url, signingKey: SIGNING_KEY };
    const token = await tokenFor(target, ["slow/t"], { publish: true });
    const byToken = `authorization: Bearer ${token}`;
    const announced = "content-length: 1000";
    const chunked = "transfer-encoding: chunked";
    await endsAll([
      [publishHead(`${BY_KEY}\r\n${announced}`), ""],
      [publishHead(`${BY_KEY}\r\n${announced}`), "x"],
      [publishHead(`${BY_KEY}\r\n${chunked}`), "1\r\nx\r\n"],
      [publishHead(`${byToken}\r\n${announced}`), "x"],
    ]);
  }

  async function streamed(route: string): Promise<void> {
    await using socket = await RawSocket.open(url);
    const type = "content-type: text/stream\r\ntransfer-encoding: chunked";
    const head = publishHead(`${BY_KEY}\r\n${type}`);
    await socket.write(head.replace("publish?", `${route}?`));
    // Longer than the limit, and than the steps in which Bun counts its own.
    for (let sent = 0; sent < 4500; sent += DRIP_MS) {
      await pause(DRIP_MS);
      await socket.write("1\r\nx\r\n");
      assertEquals(socket.ended, false);
    }
    await socket.write("0\r\n\r\n");
    const { status } = await socket.takeAnswer();
    assertEquals(status, 200);
    // Bun ends the connection at once.
    if (!isDeno) await ended(socket, `${HEALTH}x-slow: `, "x");
  }

  const cases: Record<string, () => Promise<void>> = {
    "stays if it is a data stream, however long it takes, and the connection's next request is limited again":
      async () => {
        await Promise.all(["publish", "publish/tee"].map(streamed));
      },
  };
  if (!isDeno) {
    const heads = Object.keys(HEADS).join(", ");
    Object.assign(cases, {
      [`loses its connection (${heads})`]: () => endsAll(Object.values(HEADS)),
      "loses a connection that an earlier request kept alive": keptAlive,
      "loses its connection when its body stops or drips, with the signing key and with a token":
        bodies,
    });
  }

  /** All cases, started with the first test, as they mostly wait. */
  let started: Record<string, Promise<unknown>> | undefined;

  for (const name of Object.keys(cases)) {
    it(name, { sanitizeOps: false, sanitizeResources: false }, async () => {
      started ??= Object.fromEntries(
        Object.entries(cases).map(([name, run]) => [
          name,
          run().then(() => undefined, (error: unknown) => error),
        ]),
      );
      const failure = await started[name];
      if (failure !== undefined) throw failure;
    });
  }
});

import { gzipSync } from "node:zlib";
import { post } from "../../support/wire/publish.ts";
import { type Fault, type Finding, rowOf, type Trial } from "../fault.ts";
import type { RuntimeName } from "../../support/process/programs.ts";
import {
  type RawGateway,
  reasonOf,
  withGateway,
  within,
} from "../raw_gateway.ts";
import { mib } from "../units.ts";
import { frame } from "../../support/wire/raw_frames.ts";
import { openRaw, type RawConnection } from "../raw_connection.ts";

/** A frame or request that the gateway must answer, and must survive. */
interface Bomb {
  readonly name: string;
  /** Sends it; resolves with the answer: a status, a close code or the code of an `error`. */
  throwAt(raw: RawGateway, isShort: boolean): Promise<string>;
  /** The answers that are correct. */
  readonly allowed: readonly string[];
}

/** Bombs that a runtime can't answer, as `docs/security.md` says. They are left out, and the row names them. */
const KNOWN: Readonly<Partial<Record<RuntimeName, readonly string[]>>> = {
  // Deno joins fragments without a limit before the gateway sees any of them.
  deno: ["a message of endless fragments"],
};

const CHANNEL = "bombs";
const ANSWER_MS = 15_000;
const MIB = 1024 * 1024;
const DEPTH = 100_000;

/** Makes a bomb of WebSocket frames. The answer is the close code or the code of an `error`. */
function ofFrames(
  name: string,
  allowed: readonly string[],
  send: (raw: RawConnection) => Promise<void>,
): Bomb {
  return {
    name,
    allowed,
    async throwAt(gateway) {
      const raw = await openRaw(gateway, await gateway.token(CHANNEL));
      try {
        void send(raw);
        return await raw.answer();
      } finally {
        await raw.hangUp();
      }
    },
  };
}

/** Makes a bomb of an HTTP request. The answer is the status, or `cut` when the gateway closes the connection. */
function ofRequest(
  name: string,
  allowed: readonly string[],
  send: (raw: RawGateway, isShort: boolean) => Promise<Response>,
): Bomb {
  return {
    name,
    allowed,
    async throwAt(raw, isShort) {
      try {
        const response = await send(raw, isShort);
        await response.body?.cancel();
        return String(response.status);
      } catch (error) {
        // fetch() throws this when the connection ends before the body was sent.
        if (error instanceof TypeError) return "cut";
        // Bun and Deno have further errors for it.
        if (
          /ECONNRESET|EPIPE|ConnectionClosed|connection/i.test(
            `${Object(error).code} ${error}`,
          )
        ) {
          return "cut";
        }
        throw error;
      }
    },
  };
}

/** Returns a body without a `content-length`. */
function endless(bytes: number): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(64 * 1024).fill(0x61);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      left -= piece.length;
      controller.enqueue(piece);
    },
  });
}

const WEBSOCKET_BOMBS: readonly Bomb[] = [
  ofFrames(
    "a frame with a length of 100 MiB",
    ["1009", "1006"],
    async (raw) => {
      await raw.write(frame.head(1, 100 * MIB));
      // The gateway closes the connection before all of it was sent.
      const piece = new Uint8Array(MIB);
      for (let sent = 0; sent < 100 && !raw.isOver; sent++) {
        await raw.write(piece);
      }
    },
  ),
  ofFrames(
    "a frame of 64 KiB and a byte",
    ["1009"],
    (raw) => raw.write(frame.text("x".repeat(64 * 1024 + 1))),
  ),
  ofFrames(
    "a compressed frame without negotiated compression",
    ["1002", "1006", "1007"],
    (raw) => raw.write(frame.make(0xc1, gzipSync("x".repeat(MIB)))),
  ),
  ofFrames(
    "JSON 60,000 deep",
    ["invalid_json"],
    (raw) => raw.write(frame.text("[".repeat(60_000))),
  ),
  ofFrames(
    "a frame that is not JSON",
    ["invalid_json"],
    (raw) => raw.write(frame.text("\u{1F4A3}")),
  ),
  ofFrames(
    "a message of endless fragments",
    ["1009", "1006"],
    async (raw) => {
      await raw.write(frame.make(0x01, new Uint8Array(1000)));
      for (let i = 0; i < 100_000 && !raw.isOver; i += 1000) {
        const flood = Array.from(
          { length: 1000 },
          () => frame.make(0x00, new Uint8Array(1000)),
        );
        await raw.write(frame.join(flood));
      }
    },
  ),
  ofFrames(
    "text that is not UTF-8",
    ["1007", "1006"],
    (raw) => raw.write(frame.make(0x81, Uint8Array.from([0xff, 0xfe, 0xc0]))),
  ),
  ofFrames(
    "a frame without a mask",
    // Deno accepts it.
    ["1002", "1006", "invalid_argument"],
    (raw) => raw.write(Uint8Array.from([0x81, 0x02, 0x7b, 0x7d])),
  ),
  ofFrames(
    "a frame with an unknown opcode",
    ["1002", "1006"],
    (raw) => raw.write(frame.make(0x83, new Uint8Array(4))),
  ),
  ofFrames(
    "a ping of 200 bytes",
    ["1002", "1006"],
    (raw) => raw.write(frame.make(0x89, new Uint8Array(200))),
  ),
  ofFrames(
    "5,000 frames at once",
    // The close frame is lost when the rest of the flood is answered with a reset.
    ["4429", "1006"],
    (raw) =>
      raw.write(
        frame.join(Array.from({ length: 5000 }, () =>
          frame.text('{"kind":"unsub","data":[]}'))),
      ),
  ),
  ofFrames(
    "__proto__ as a frame",
    ["invalid_argument"],
    (raw) =>
      raw.write(frame.text('{"__proto__":{"kind":"sub"},"constructor":1}')),
  ),
];

const HTTP_BOMBS: readonly Bomb[] = [
  ofRequest(
    "a message of 100 MiB",
    ["413", "cut"],
    (raw, isShort) =>
      post(raw, {
        channel: CHANNEL,
        topic: "t",
        body: new Uint8Array((isShort ? 10 : 100) * MIB).fill(0x61),
      }),
  ),
  ofRequest(
    "a message of 100 MiB without a content-length",
    ["413", "cut"],
    (raw, isShort) =>
      post(raw, {
        channel: CHANNEL,
        topic: "t",
        body: endless((isShort ? 10 : 100) * MIB),
      }),
  ),
  ofRequest("a batch of 100 MiB", ["413", "cut"], (raw, isShort) =>
    post(raw, {
      route: "publish/batch",
      body: endless((isShort ? 10 : 100) * MIB),
    })),
  ofRequest("JSON 100,000 deep", ["400"], (raw) =>
    post(raw, {
      channel: CHANNEL,
      topic: "t",
      body: "[".repeat(DEPTH) + "]".repeat(DEPTH),
    })),
  ofRequest(
    "a token request 60,000 deep",
    ["400"],
    (raw) => post(raw, { route: "token", body: "[".repeat(60_000) }),
  ),
  ofRequest(
    "100 MiB compressed to 100 KiB",
    ["400", "413", "415"],
    (raw) =>
      post(raw, {
        channel: CHANNEL,
        topic: "t",
        headers: { "content-encoding": "gzip" },
        body: gzipSync(new Uint8Array(100 * MIB)),
      }),
  ),
  ofRequest(
    "a million empty lines",
    ["200", "413"],
    (raw) => post(raw, { route: "publish/batch", body: "\n".repeat(MIB) }),
  ),
  ofRequest(
    "a token of 8 KiB",
    ["401", "431", "cut"],
    (raw) =>
      fetch(`${raw.url}/v1/realtime/sse`, {
        headers: { authorization: `Bearer ${"x".repeat(8192)}` },
      }),
  ),
  ofRequest(
    "a header of 1 MiB",
    ["400", "401", "413", "431", "cut"],
    (raw) =>
      fetch(`${raw.url}/health`, { headers: { "x-bomb": "x".repeat(MIB) } }),
  ),
  ofRequest(
    "an address of 1 MiB",
    ["400", "404", "413", "414", "431", "cut"],
    (raw) => fetch(`${raw.url}/${"x".repeat(MIB)}`),
  ),
  ofRequest(
    "a channel's name of 100 KiB",
    ["400", "413", "414", "431", "cut"],
    (raw) => post(raw, { channel: "x".repeat(100_000), topic: "t", body: "1" }),
  ),
];

async function throwAll(
  raw: RawGateway,
  bombs: readonly Bomb[],
  transport: string,
  { runtime, isShort }: Trial,
): Promise<Finding> {
  const breaches: string[] = [];
  const known = KNOWN[runtime] ?? [];
  let answered = 0;
  for (const { name, allowed, throwAt } of bombs) {
    if (known.includes(name)) continue;
    try {
      const answer = await within(ANSWER_MS, name, throwAt(raw, isShort));
      if (allowed.includes(answer)) answered++;
      else breaches.push(`${name}: ${answer}, not ${allowed.join(" or ")}`);
      const { status } = await raw.gateway.health();
      if (status !== 200) {
        breaches.push(`${name}: /health answered ${status} afterwards`);
      }
    } catch (error) {
      breaches.push(`${name}: ${reasonOf(error)}`);
    }
    if (raw.gateway.isOver) {
      breaches.push(`${name}: the gateway ended: ${raw.gateway.errors}`);
      break;
    }
  }
  const { isPolluted } = await raw.gateway.memory();
  if (isPolluted) breaches.push("Object.prototype was changed");
  return {
    transport,
    sent: bombs.length,
    received: answered,
    note:
      `bombs with a correct answer; ${mib(raw.gateway.residentBytes)} after` +
      bombs.filter(({ name }) => known.includes(name))
        .map(({ name }) => `; left out on ${runtime}: ${name}`).join(""),
    breaches,
  };
}

/** Clients send frames and requests that try to exhaust or confuse the gateway. */
export const bombs: Fault = {
  number: "24",
  title: "bombs of size, depth, compression and fragments",
  isLoud: false,
  run: (trial) =>
    withGateway(trial, [], async (raw) => {
      const rows = [];
      for (
        const [transport, list] of [
          ["websocket", WEBSOCKET_BOMBS],
          ["http", HTTP_BOMBS],
        ] as const
      ) {
        const started = performance.now();
        const finding = await throwAll(raw, list, transport, trial);
        rows.push(rowOf(bombs, trial, started, finding));
      }
      return rows;
    }),
};

import { pause } from "../../../core/backoff.ts";
import { mintToken } from "../../../core/token.ts";
import { Arena } from "../arena.ts";
import type { Latencies, Transport } from "../client_protocol.ts";
import type { Fault, Trial } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde, sseRequest, webSocketRequest } from "../horde.ts";
import { unreadWithin } from "../limits.ts";
import { TOPIC } from "../publisher.ts";
import type { Row } from "../table.ts";

const CHANNEL = "unread";

/** What may wait for one connection: in its queue, and in the runtime. */
const QUEUE_BYTES = (1024 + 256) * 1024;

/** How long a peer that takes nothing may stay, from the moment in which nothing passes any more. */
const CLOSED_WITHIN_S = 15;

/** What a runtime takes for itself under such a load, whoever reads: garbage that is not collected yet, above all. */
const SLACK_BYTES = 64 * 1024 * 1024;

/** Below this, a percentile says more about the machine than about the gateway. */
const FLOOR_MS = 10;

const SAMPLE_MS = 100;

/** Messages of a short trial that are more than a queue and the kernel's largest buffers hold. */
const OVERFLOW = 200;

/** The most memory that a gateway occupied, and when the last of the unread sockets was gone. */
class Watch {
  peakBytes = 0;
  closedAfterMs = Infinity;
  readonly #gateway: GatewayProcess;
  readonly #healthy: number;
  readonly #start = performance.now();
  #isOver = false;
  readonly #running: Promise<void>;

  constructor(gateway: GatewayProcess, healthy: number) {
    this.#gateway = gateway;
    this.#healthy = healthy;
    this.#running = this.#run();
  }

  /** Waits until the unread sockets are gone, no longer than they may take; then it stops watching. */
  async closed(): Promise<void> {
    while (
      this.closedAfterMs === Infinity &&
      this.#elapsed() < CLOSED_WITHIN_S * 1000
    ) await pause(SAMPLE_MS);
    this.#isOver = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const { residentBytes } = this.#gateway;
      this.peakBytes = Math.max(this.peakBytes, residentBytes);
      const { connections } = await this.#gateway.health();
      if (connections > this.#healthy) this.closedAfterMs = Infinity;
      else this.closedAfterMs = Math.min(this.closedAfterMs, this.#elapsed());
      await pause(SAMPLE_MS);
    }
  }

  #elapsed(): number {
    return performance.now() - this.#start;
  }
}

async function run(
  fault: Fault,
  trial: Trial,
  transport: Transport,
): Promise<Row[]> {
  if (!trial.transports.includes(transport)) return [];
  const only = { ...trial, transports: [transport] };
  const healthy = trial.isShort ? 10 : 100;
  const wanted = trial.isShort ? 20 : 1_000;
  const load = { rate: 40, padding: trial.isShort ? 64_000 : 16_000 };
  const flags = ["--history-size", "20000", "--history-bytes", "100000000"];
  return await Arena.run(only, { flags, isDirect: true }, async (arena) => {
    const [clients] = arena.clients;
    if (!clients) return [];
    const { gateway } = arena;
    await arena.open({ channels: [CHANNEL], count: healthy });
    await arena.load({ ...load, seconds: trial.isShort ? 0.5 : 2 });
    await clients.latencies();
    await arena.load({ ...load, seconds: trial.isShort ? 1 : 5 });
    const before = await clients.latencies();
    const baseBytes = gateway.residentBytes;
    const logged = arena.ledger.size;

    const started = performance.now();
    const token = await mintToken(arena.signingKey, {
      topics: [{ channel: CHANNEL, name: TOPIC }],
    });
    const count = unreadWithin(wanted);
    const horde = new Horde({
      port: gateway.port,
      request: (transport === "sse" ? sseRequest : webSocketRequest)(token),
      isAnswered: true,
    });
    try {
      await horde.open(count);
      await clients.latencies();
      const watch = new Watch(gateway, healthy);
      if (trial.isShort) {
        await arena.publisher.burst(CHANNEL, OVERFLOW, load.padding);
      } else await arena.load({ ...load, seconds: 14 });
      await watch.closed();
      const during = await clients.latencies();
      const logBytes = (arena.ledger.size - logged) * load.padding;
      const boundBytes = 1.2 * (count * QUEUE_BYTES + logBytes) + SLACK_BYTES;
      const grownBytes = Math.max(0, watch.peakBytes - baseBytes);
      return await arena.judge(fault, started, ({ verdict }) => ({
        note: note(count, before, during, watch, grownBytes),
        breaches: [
          horde.size < count && `${count - horde.size} did not open`,
          !trial.isShort && during.p99 > Math.max(2 * before.p99, FLOOR_MS) &&
          `p99 went from ${ms(before.p99)} to ${ms(during.p99)}`,
          watch.closedAfterMs > CLOSED_WITHIN_S * 1000 &&
          `unread sockets were open after ${CLOSED_WITHIN_S} s`,
          grownBytes > boundBytes &&
          `memory grew by ${mib(grownBytes)}, the queues hold ${
            mib(boundBytes)
          }`,
          verdict.gaps > 0 && `${verdict.gaps} gaps`,
        ],
      }));
    } finally {
      horde.close();
    }
  });
}

function note(
  count: number,
  before: Latencies,
  during: Latencies,
  { closedAfterMs }: Watch,
  grownBytes: number,
): string {
  return `${count} unread: p99 ${ms(before.p99)} without, ${
    ms(during.p99)
  } with; all closed after ${(closedAfterMs / 1000).toFixed(1)} s; memory +${
    mib(grownBytes)
  }`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

/** WebSockets that nobody reads stand beside healthy ones on the same channel. */
export const unreadWebSockets: Fault = {
  number: "17",
  title: "unread WebSockets beside healthy ones",
  isLoud: true,
  run: (trial) => run(unreadWebSockets, trial, "websocket"),
};

/** The same with Server-Sent Events. */
export const unreadSse: Fault = {
  number: "18",
  title: "unread SSE streams beside healthy ones",
  isLoud: true,
  run: (trial) => run(unreadSse, trial, "sse"),
};

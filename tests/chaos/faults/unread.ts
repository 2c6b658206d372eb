import { pause } from "../../../core/time/backoff.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import { Arena } from "../arena.ts";
import type { Latencies, Transport } from "../client_protocol.ts";
import type { Fault, Trial } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde, sseRequest, webSocketRequest } from "../horde.ts";
import { kernelBytes, unreadWithin } from "../limits.ts";
import { Publisher } from "../publisher.ts";
import { TOPIC } from "../../support/topic.ts";
import { mib, seconds as inSeconds } from "../units.ts";
import type { Row } from "../table.ts";

const CHANNEL = "unread";

/**
 * Topics that only the unread sockets have, each a part of them. They are flooded one after the other: sending so much to a thousand
 * sockets at once takes long by itself, which would distort the measurement.
 */
const FLOODS = ["flood-1", "flood-2", "flood-3", "flood-4"];

/** The pause between two floods. */
const BETWEEN_FLOODS_MS = 500;

/** How many bytes may wait for one connection: in its send queue and in the runtime. */
const QUEUE_BYTES = (1024 + 256) * 1024;

/** How long a socket that doesn't read may stay open after its buffers are full. */
const CLOSED_WITHIN_S = 15;

/** Memory that a runtime uses under such a load in any case, above all garbage that is not collected yet. */
const SLACK_BYTES = 64 * 1024 * 1024;

/** How long the unread sockets may take to subscribe. */
const SUBSCRIBED_MS = 10_000;

/** The latencies of no messages. */
const NOTHING: Latencies = { count: 0, p50: 0, p99: 0, max: 0 };

/** A percentile below this depends more on the machine than on the gateway. */
const FLOOR_MS = 10;

const SAMPLE_MS = 100;

/** How many seconds the gateway needs to send the flood. */
const FLOOD_S = 2.5;

/** Messages per second while latency is measured. */
const RATE = 50;

/** Characters of a message of the flood. */
const PIECE = 16_000;

/** Watches the memory of a gateway, and when it has closed the last unread socket. */
class Watch {
  peakBytes = 0;
  closedAfterMs = Infinity;
  /** The number of unread sockets at the last count. */
  left = 0;
  readonly #gateway: GatewayProcess;
  readonly #count: () => Promise<number>;
  readonly #start = performance.now();
  #isOver = false;
  readonly #running: Promise<void>;

  /** @param count Counts the unread sockets. */
  constructor(gateway: GatewayProcess, count: () => Promise<number>) {
    this.#gateway = gateway;
    this.#count = count;
    this.#running = this.#run();
  }

  /** Waits until the unread sockets are closed or their time is over, then stops watching. */
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
      this.left = await this.#count();
      // They never reconnect.
      if (this.left === 0) {
        this.closedAfterMs = Math.min(this.closedAfterMs, this.#elapsed());
      }
      await pause(SAMPLE_MS);
    }
  }

  #elapsed(): number {
    return performance.now() - this.#start;
  }
}

/** Opens sockets that don't read, and publishes a flood that only they receive. Resolves when all of it is published. */
async function openUnread(
  arena: Arena,
  transport: Transport,
  wanted: number,
  floodBytes: number,
): Promise<{ hordes: Horde[]; subscribed: number }> {
  const { signingKey, ledger, gateway: { url, port } } = arena;
  const hordes = await Promise.all(FLOODS.map(async (topic) => {
    const token = await mintToken(signingKey, {
      topics: [TOPIC, topic].map((name) => ({ channel: CHANNEL, name })),
    });
    const horde = new Horde({
      port,
      request: (transport === "sse" ? sseRequest : webSocketRequest)(token),
      isAnswered: true,
    });
    await horde.open(wanted / FLOODS.length);
    return horde;
  }));
  const since = performance.now();
  let subscribed = 0;
  // Those that never subscribe can't be closed, which would pass for closed in time.
  while (subscribed < wanted && performance.now() - since < SUBSCRIBED_MS) {
    subscribed = await countUnread(arena);
  }
  for (const topic of FLOODS) {
    const publisher = new Publisher({ url, signingKey, ledger, topic });
    await publisher.burst(CHANNEL, Math.ceil(floodBytes / PIECE), PIECE);
    await pause(BETWEEN_FLOODS_MS);
  }
  return { hordes, subscribed };
}

/** Counts the unread sockets that the gateway has, by their topics. */
async function countUnread(
  { signingKey, gateway: { url } }: Arena,
): Promise<number> {
  const realtime = createRealtime({ url, signingKey });
  const counts = await Promise.all(
    FLOODS.map((topic) => realtime.subscribers({ channel: CHANNEL, topic })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Runs the fault beside a control: another gateway with the same load and no unread sockets. */
function run(
  fault: Fault,
  trial: Trial,
  transport: Transport,
): Promise<Row[]> {
  if (!trial.transports.includes(transport)) return Promise.resolve([]);
  const only = { ...trial, transports: [transport] };
  const options = { flags: ["--history-size", "20000"], isDirect: true };
  return Arena.run(
    only,
    options,
    (control) =>
      Arena.run(
        only,
        options,
        (arena) => runBeside(fault, transport, arena, control),
      ),
  );
}

/** Publishes the same to both for some time, or until a promise resolves; returns the latencies of each. */
async function measure(
  arenas: readonly [Arena, Arena],
  seconds: number,
  until?: () => Promise<void>,
): Promise<[Latencies, Latencies]> {
  const latencies = () =>
    Promise.all(arenas.map(({ clients: [only] }) => only?.latencies()));
  await latencies();
  const done = new AbortController();
  const { signal } = done;
  const publishing = Promise.all(
    arenas.map((arena) => arena.load({ rate: RATE, seconds, signal })),
  );
  await until?.();
  if (until) done.abort();
  await publishing;
  const [own = NOTHING, other = NOTHING] = await latencies();
  return [own, other];
}

async function runBeside(
  fault: Fault,
  transport: Transport,
  arena: Arena,
  control: Arena,
): Promise<Row[]> {
  const { gateway, trial: { isShort } } = arena;
  const arenas = [arena, control] as const;
  const healthy = isShort ? 10 : 100;
  for (const each of arenas) {
    await each.open({ channels: [CHANNEL], count: healthy });
  }
  await measure(arenas, isShort ? 0.2 : 3);
  const [before] = await measure(arenas, isShort ? 0.5 : 8);
  const baseBytes = gateway.residentBytes;

  const started = performance.now();
  const count = FLOODS.length *
    Math.floor(unreadWithin(isShort ? 20 : 1_000) / FLOODS.length);
  // A short trial overflows the queues. In a long one they fill half and wait for their deadline, which takes longer.
  const floodBytes = kernelBytes() +
    (isShort ? 2 * QUEUE_BYTES : QUEUE_BYTES / 2);
  const { hordes, subscribed } = await openUnread(
    arena,
    transport,
    count,
    floodBytes,
  );
  try {
    const watch = new Watch(gateway, () => countUnread(arena));
    // The cost of sending the flood itself is not measured.
    if (!isShort) await measure(arenas, FLOOD_S);
    const [during, beside] = await measure(
      arenas,
      CLOSED_WITHIN_S,
      () => watch.closed(),
    );
    const opened = hordes.reduce((sum, { connected }) => sum + connected, 0);
    const limit = Math.max(2 * before.p99, 2 * beside.p99, FLOOR_MS);
    // The log has the flood as well.
    const logBytes = FLOODS.length * floodBytes;
    const boundBytes = 1.2 * (count * QUEUE_BYTES + logBytes) + SLACK_BYTES;
    const grownBytes = Math.max(0, watch.peakBytes - baseBytes);
    return await arena.judge(fault, started, ({ verdict }) => ({
      note: `${count} unread: p99 ${ms(before.p99)} before, ` +
        `${ms(during.p99)} beside them, ${ms(beside.p99)} on the ` +
        `control; all closed after ${inSeconds(watch.closedAfterMs)}; ` +
        `memory +${mib(grownBytes)}`,
      breaches: [
        opened < count && `only ${opened} opened`,
        subscribed < count && `only ${subscribed} of ${count} subscribed`,
        !isShort && during.p99 > limit &&
        `p99 is ${ms(during.p99)}, more than ${ms(limit)}`,
        watch.closedAfterMs > CLOSED_WITHIN_S * 1000 &&
        `${watch.left} unread sockets were open after ${CLOSED_WITHIN_S} s`,
        grownBytes > boundBytes &&
        `memory grew by ${mib(grownBytes)}, more than ${mib(boundBytes)}`,
        verdict.gaps > 0 && `${verdict.gaps} gaps`,
      ],
    }));
  } finally {
    for (const horde of hordes) horde.close();
  }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** WebSockets that don't read share a channel with healthy ones. */
export const unreadWebSockets: Fault = {
  number: "17",
  title: "slow WebSocket consumers beside healthy ones",
  isLoud: true,
  run: (trial) => run(unreadWebSockets, trial, "websocket"),
};

/** Server-Sent Events streams that don't read share a channel with healthy ones. */
export const unreadSse: Fault = {
  number: "18",
  title: "slow SSE consumers beside healthy ones",
  isLoud: true,
  run: (trial) => run(unreadSse, trial, "sse"),
};

import { pause } from "../../../core/time/backoff.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import { Arena } from "../arena.ts";
import type { Latencies, Transport } from "../client_protocol.ts";
import type { Fault, Trial } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde, sseRequest, webSocketRequest } from "../horde.ts";
import { kernelBytes, unreadWithin } from "../limits.ts";
import { Publisher, TOPIC } from "../publisher.ts";
import type { Row } from "../table.ts";

const CHANNEL = "unread";

/**
 * Topics that only those have who don't read, a part of them each. They are flooded one after the other: to send so much to a thousand
 * at once takes its time, which is not what is measured.
 */
const FLOODS = ["flood-1", "flood-2", "flood-3", "flood-4"];

/** Milliseconds from one to the next. */
const BETWEEN_FLOODS_MS = 500;

/** What may wait for one connection: in its queue, and in the runtime. */
const QUEUE_BYTES = (1024 + 256) * 1024;

/** How long a peer that takes nothing may stay, from the moment in which nothing passes any more. */
const CLOSED_WITHIN_S = 15;

/** What a runtime takes for itself under such a load, whoever reads: garbage that is not collected yet, above all. */
const SLACK_BYTES = 64 * 1024 * 1024;

/** What no messages come to. */
const NOTHING: Latencies = { count: 0, p50: 0, p99: 0, max: 0 };

/** Below this, a percentile says more about the machine than about the gateway. */
const FLOOR_MS = 10;

const SAMPLE_MS = 100;

/** Seconds in which the flood is on its way. */
const FLOOD_S = 2.5;

/** Messages in a second, while it is measured how long they take. */
const RATE = 50;

/** Characters in a message that fills the unread sockets' buffers. */
const PIECE = 16_000;

/** The most memory that a gateway occupied, and when the last of the unread sockets was gone. */
class Watch {
  peakBytes = 0;
  closedAfterMs = Infinity;
  /** How many were there when it looked last. */
  left = 0;
  readonly #gateway: GatewayProcess;
  readonly #count: () => Promise<number>;
  readonly #start = performance.now();
  #isOver = false;
  readonly #running: Promise<void>;

  /** @param count Tells how many there are. */
  constructor(gateway: GatewayProcess, count: () => Promise<number>) {
    this.#gateway = gateway;
    this.#count = count;
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
      this.left = await this.#count();
      // None of them comes back.
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

/** Opens sockets that read nothing, and sends them, and only them, what makes them stall; resolves when it is on its way. */
async function openUnread(
  { signingKey, ledger, gateway: { url, port } }: Arena,
  transport: Transport,
  wanted: number,
  floodBytes: number,
): Promise<Horde[]> {
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
  for (const topic of FLOODS) {
    const publisher = new Publisher({ url, signingKey, ledger, topic });
    await publisher.burst(CHANNEL, Math.ceil(floodBytes / PIECE), PIECE);
    await pause(BETWEEN_FLOODS_MS);
  }
  return hordes;
}

/** How many of them the gateway has: by their topics, as others may come and go meanwhile. */
async function countUnread(
  { signingKey, gateway: { url } }: Arena,
): Promise<number> {
  const realtime = createRealtime({ url, signingKey });
  const counts = await Promise.all(
    FLOODS.map((topic) => realtime.subscribers({ channel: CHANNEL, topic })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Tries it beside a control: another gateway with the same load, and nobody who doesn't read. */
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

/** Publishes the same to both for some time, or until it is enough; how long messages took in each. */
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
  // A short trial fills the queues over; in a long one they wait for their deadline: that is longer to be beside.
  const floodBytes = kernelBytes() +
    (isShort ? 2 * QUEUE_BYTES : QUEUE_BYTES / 2);
  const hordes = await openUnread(arena, transport, count, floodBytes);
  try {
    const watch = new Watch(gateway, () => countUnread(arena));
    // What it costs to send so much to so many is not what is measured.
    if (!isShort) await measure(arenas, FLOOD_S);
    const [during, beside] = await measure(
      arenas,
      CLOSED_WITHIN_S,
      () => watch.closed(),
    );
    const opened = hordes.reduce((sum, { connected }) => sum + connected, 0);
    const limit = Math.max(2 * before.p99, 2 * beside.p99, FLOOR_MS);
    // What was sent is in the log, too.
    const logBytes = FLOODS.length * floodBytes;
    const boundBytes = 1.2 * (count * QUEUE_BYTES + logBytes) + SLACK_BYTES;
    const grownBytes = Math.max(0, watch.peakBytes - baseBytes);
    return await arena.judge(fault, started, ({ verdict }) => ({
      note: `${count} unread: p99 ${ms(before.p99)} before, ` +
        `${ms(during.p99)} beside them, ${ms(beside.p99)} on another ` +
        `gateway meanwhile; all closed after ${
          (watch.closedAfterMs / 1000).toFixed(1)
        } s; memory +${mib(grownBytes)}`,
      breaches: [
        opened < count && `only ${opened} opened`,
        !isShort && during.p99 > limit &&
        `p99 is ${ms(during.p99)}, more than ${ms(limit)}`,
        watch.closedAfterMs > CLOSED_WITHIN_S * 1000 &&
        `${watch.left} unread sockets were open after ${CLOSED_WITHIN_S} s`,
        grownBytes > boundBytes &&
        `memory grew by ${mib(grownBytes)}, the queues hold ${mib(boundBytes)}`,
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

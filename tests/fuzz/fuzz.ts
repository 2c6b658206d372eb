import { startRedis } from "../support/brokers/redis.ts";
import type { Programs, RuntimeName } from "../support/process/programs.ts";
import { pause } from "../../core/time/backoff.ts";
import { Arena } from "../chaos/arena.ts";
import { type Latencies, TRANSPORTS } from "../chaos/client_protocol.ts";
import type { Fault } from "../chaos/fault.ts";
import type { GatewayProcess, Memory } from "../chaos/gateway_process.ts";
import type { Kind } from "./case.ts";
import { type Campaign, type Result, run } from "./campaign.ts";
import { Credentials } from "./credentials.ts";
import { OutputWatch } from "./output_watch.ts";

/** The brokers that a gateway is fuzzed with. */
export const BROKERS = ["memory", "redis"] as const;

/** The name of a broker. */
export type BrokerName = typeof BROKERS[number];

/** Options of a run of the fuzzer: its gateway, and its cases. */
export interface FuzzOptions
  extends Pick<Campaign, "seed" | "count" | "only" | "onKind"> {
  readonly programs: Programs;
  /** The runtime of the gateway. */
  readonly runtime: RuntimeName;
  /** The runtime of the healthy clients. */
  readonly clients: RuntimeName;
  readonly broker: BrokerName;
  /** Called before the first case. */
  readonly onStart?: (gateway: GatewayProcess) => void;
}

/** The result of a run of the fuzzer. */
export interface FuzzReport {
  readonly runtime: RuntimeName;
  readonly broker: BrokerName;
  readonly result: Result;
  /** The gateway's memory before and after, garbage collected. */
  readonly before: Memory;
  readonly after: Memory;
  /** The most memory that it had in between, in bytes. */
  readonly peakBytes: number;
  /** The longest delay of its event loop, and the most that it computed during one, in milliseconds. */
  readonly longestDelayMs: number;
  readonly busiestDelayMs: number;
  /** The slowest answer of `/health`, in milliseconds. */
  readonly slowestHealthMs: number;
  /** How many messages the healthy clients received. */
  readonly delivered: number;
  /** The latencies of these messages, for each transport. */
  readonly latencies: Readonly<Record<string, Latencies>>;
  /** The broken promises; the failures of the result are not among them. */
  readonly problems: readonly string[];
}

/** The most time that a gateway may compute without returning to its event loop. */
const STALL_MS = 1_000;

/** The healthy client's messages a second. */
const RATE = 40;

/** How often memory and health are looked at. */
const LOOK_MS = 200;

/** A short lease, so that streams which a case opened end during the campaign. */
const FLAGS = ["--stream-lease", "3"];

/** A load lasts until it is aborted. */
const FOREVER_SECONDS = 100_000;

/** Fuzzes a gateway that healthy clients use at the same time. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  if (options.broker === "memory") return await fuzzWith(options, []);
  await using redis = await startRedis();
  return await fuzzWith(options, ["--broker", redis.url]);
}

async function fuzzWith(
  options: FuzzOptions,
  flags: readonly string[],
): Promise<FuzzReport> {
  const { programs, runtime, clients } = options;
  const output = new OutputWatch();
  let report: FuzzReport | undefined;
  const asFault: Fault = {
    number: "fuzz",
    title: "mutated requests, handshakes, frames and event streams",
    isLoud: true,
    run: (trial) =>
      Arena.run(trial, {
        flags: [...FLAGS, ...flags],
        isDirect: true,
        onOutput: (line) => output.line(line),
      }, async (arena) => {
        report = await fuzzArena(arena, asFault, options, output);
        return [];
      }),
  };
  await asFault.run({
    programs,
    runtime,
    clients,
    transports: TRANSPORTS,
    isShort: true,
  });
  if (!report) throw new Error("The arena did not run the fuzzer");
  return report;
}

async function fuzzArena(
  arena: Arena,
  asFault: Fault,
  options: FuzzOptions,
  output: OutputWatch,
): Promise<FuzzReport> {
  const { runtime, broker, seed, count, only, onKind } = options;
  const { gateway, signingKey } = arena;
  const credentials = await Credentials.create(signingKey);
  await arena.open({ channels: ["healthy"], count: 2 });
  const started = performance.now();
  const ended = new AbortController();
  const done = new AbortController();
  void gateway.exited.then(() => ended.abort());
  await gateway.delays();
  const before = await gateway.memory();
  const load = arena.load({
    rate: RATE,
    seconds: FOREVER_SECONDS,
    signal: done.signal,
  });
  const look = watch(arena, AbortSignal.any([done.signal, ended.signal]));
  options.onStart?.(gateway);
  const result = await run({
    port: gateway.port,
    seed,
    credentials,
    count,
    ...(only ? { only } : {}),
    ...(onKind ? { onKind } : {}),
    signal: ended.signal,
  });
  done.abort();
  await load;
  const { peakBytes, slowestHealthMs, problems } = await look;
  const common = {
    runtime,
    broker,
    result,
    before,
    peakBytes,
    slowestHealthMs,
  };
  if (gateway.isOver) {
    const { code, signal } = await gateway.exited;
    return {
      ...common,
      after: before,
      longestDelayMs: 0,
      busiestDelayMs: 0,
      delivered: 0,
      latencies: {},
      problems: [
        `the gateway ended with ${code ?? signal}: ${gateway.errors}`,
        ...output.problems,
      ],
    };
  }
  const { longest, busiest } = await gateway.delays();
  const after = await gateway.memory();
  const rows = await arena.judge(asFault, started);
  const latencies: Record<string, Latencies> = {};
  for (const clients of arena.clients) {
    latencies[clients.transport] = await clients.latencies();
  }
  problems.push(
    ...rows.flatMap(({ transport, breaches }) =>
      breaches.map((breach) => `healthy client, ${transport}: ${breach}`)
    ),
    ...rows.filter(({ gaps }) => gaps > 0).map(({ transport, gaps }) =>
      `healthy client, ${transport}: ${gaps} gaps`
    ),
    ...output.problems,
  );
  if (busiest > STALL_MS) {
    problems.push(`the event loop stalled for ${Math.round(busiest)} ms`);
  }
  if (after.isPolluted) problems.push("Object.prototype was changed");
  return {
    ...common,
    after,
    longestDelayMs: longest,
    busiestDelayMs: busiest,
    delivered: rows.reduce((sum, { received }) => sum + received, 0),
    latencies,
    problems,
  };
}

/** Looks at a gateway's memory and health until the signal is aborted. */
async function watch(
  { gateway }: Arena,
  signal: AbortSignal,
): Promise<
  { peakBytes: number; slowestHealthMs: number; problems: string[] }
> {
  let peakBytes = 0;
  let slowestHealthMs = 0;
  const problems = new Set<string>();
  while (!signal.aborted) {
    const start = performance.now();
    try {
      const { status } = await gateway.health();
      if (status !== 200) problems.add(`/health answered ${status}`);
    } catch (error) {
      if (!gateway.isOver) problems.add(`/health: ${Object(error).message}`);
    }
    slowestHealthMs = Math.max(slowestHealthMs, performance.now() - start);
    peakBytes = Math.max(peakBytes, gateway.residentBytes);
    await pause(LOOK_MS, signal);
  }
  return { peakBytes, slowestHealthMs, problems: [...problems] };
}

/** Tells whether a report has anything to complain about. */
export function isClean({ problems, result }: FuzzReport): boolean {
  return problems.length === 0 && result.failed === 0;
}

/** The kinds of a report with the number of their cases. */
export function totals({ result }: FuzzReport): Map<Kind, number> {
  return new Map(
    [...result.counts].map(([kind, counts]) => [
      kind,
      [...counts.values()].reduce((sum, one) => sum + one, 0),
    ]),
  );
}

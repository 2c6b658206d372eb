import { cpuMs } from "../../tests/support/process/child.ts";
import {
  type CallersProcess,
  startCallersProcess,
} from "../callers/callers_process.ts";
import type { CallersLoad } from "../callers/ways.ts";
import type { BareDisk } from "../disks/bare_disk.ts";
import {
  BARE_DISK,
  type Disk,
  DISK_NAMES,
  LEAST_FLUSH_MS,
} from "../disks/disk.ts";
import type { Lab, Lane } from "../lab.ts";
import {
  emptyResults,
  type Result,
  type Sample,
  type Section,
} from "../results.ts";
import { Turns } from "./rounds.ts";

/** How many callers publish at once, and to how many channels. */
export interface Calls {
  readonly callers: number;
  readonly channels: number;
}

/** The loads that are measured. */
export const CALLS: readonly Calls[] = [
  { callers: 1, channels: 1 },
  { callers: 8, channels: 1 },
  { callers: 64, channels: 1 },
  { callers: 256, channels: 1 },
  { callers: 256, channels: 256 },
];

const WARMING: Calls = { callers: 64, channels: 1 };
const BYTES = 250;
/** Fewer rounds than elsewhere, as there are many lanes and loads; a played disk varies less. */
const MOST_ROUNDS: Readonly<Record<Disk, number>> = { own: 3, played: 2 };
/** How often the disk alone is measured in each round. */
const APPENDS = 60;

/** Returns the id of the section with a load. */
export function acksId(disk: Disk, { callers, channels }: Calls): string {
  return `durable-${disk}-${callers}` + (channels > 1 ? "-channels" : "");
}

/** Returns its title. */
export function acksTitle(disk: Disk, { callers, channels }: Calls): string {
  const who = callers === 1 ? "1 caller" : `${callers} callers` +
    (channels > 1 ? ", each with a channel of its own" : " of one channel");
  return `Durable, ${DISK_NAMES[disk]}: ${who}`;
}

/** Measures publishing with few and many callers: how many messages a second, what they cost, and how long acknowledgements take. */
export async function measureAcks(
  lab: Lab,
  lanes: readonly Lane[],
  bare: BareDisk,
  disk: Disk,
): Promise<Section[]> {
  const { rounds, seconds, warmUp } = lab.effort;
  const open: CallersOf[] = [];
  try {
    for (const lane of lanes) {
      const process = await startCallers(lab, lane);
      if (process) open.push({ lane, process });
    }
    const isFlushed = (await bare.append(APPENDS)).p50Ms >= LEAST_FLUSH_MS;
    const bareName = isFlushed ? BARE_DISK : `${BARE_DISK}, nothing flushed`;
    const results = CALLS.map((): Result[] => [
      ...emptyResults(open.map(({ lane }) => lane)),
      emptyResult(bareName),
    ]);
    for (const one of open) await measure(lab, one, WARMING, warmUp);
    const turns = new Turns(open);
    const most = lab.before === undefined ? MOST_ROUNDS[disk] : Infinity;
    for (let round = 0; round < Math.min(rounds, most); round++) {
      const { p50Ms, p99Ms } = await bare.append(APPENDS);
      for (const [i, { callers }] of CALLS.entries()) {
        const perSecond = callers * 1000 / p50Ms;
        results[i]?.at(-1)?.samples.push({ perSecond, p50Ms, p99Ms });
      }
      for (const [index, one] of turns.next()) {
        for (const [i, calls] of CALLS.entries()) {
          const sample = await measure(lab, one, calls, seconds);
          results[i]?.[index]?.samples.push(sample);
        }
      }
    }
    return CALLS.map((calls, i) => ({
      id: acksId(disk, calls),
      title: acksTitle(disk, calls),
      metrics: ["perSecond", "cpuUs", "p50Ms", "p99Ms", "loadPercent"],
      results: results[i] ?? [],
    }));
  } finally {
    for (const { process } of open) await process[Symbol.asyncDispose]();
  }
}

/** Returns the result of a disk alone, without samples. */
export function emptyResult(lane: string): Result {
  return { lane, role: "bare", runtime: undefined, samples: [] };
}

/** A lane and the process that publishes to it. */
interface CallersOf {
  readonly lane: Lane;
  readonly process: CallersProcess;
}

/** Starts the process that publishes to a lane; `undefined` where the machine doesn't have its server. */
export async function startCallers(
  lab: Lab,
  { peer }: Lane,
): Promise<CallersProcess | undefined> {
  const server = await lab.server(peer);
  if (!server) return undefined;
  const { publishPort, signingKey } = server;
  const address = `127.0.0.1:${publishPort}`;
  return await startCallersProcess(
    lab.programs,
    "node",
    signingKey === undefined
      ? { way: "JetStream", url: address, signingKey: "" }
      : { way: "our client", url: `http://${address}`, signingKey },
  );
}

/** Lets callers publish until the server has nothing left to do, which is a part of what the messages cost. */
async function measure(
  lab: Lab,
  { lane, process }: CallersOf,
  calls: Calls,
  seconds: number,
): Promise<Sample> {
  const server = await lab.server(lane.peer);
  if (!server) return {};
  const { pid, pids = pid } = server;
  const load: CallersLoad = { ...calls, bytes: BYTES, seconds };
  const before = cpuMs(pids);
  const { published, cpuMs: loadMs, ...report } = await process.publish(load);
  await lab.rest(lane);
  return {
    perSecond: published / report.seconds,
    cpuUs: (cpuMs(pids) - before) * 1000 / published,
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
    loadPercent: loadMs / report.seconds / 10,
  };
}

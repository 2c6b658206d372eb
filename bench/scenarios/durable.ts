import { BareDisk, type DiskReport } from "../disks/bare_disk.ts";
import { type Disk, DISK_NAMES } from "../disks/disk.ts";
import type { Lab, Lane, Publishing } from "../lab.ts";
import {
  type BrokerName,
  BROKERS,
  type BrokerSetUp,
  gatewayWith,
  LOCAL_BROKERS,
} from "../peers/brokers.ts";
import { jetStream, type JetStreamSync } from "../peers/jetstream.ts";
import { Missing } from "../peers/missing.ts";
import type { Result, Section } from "../results.ts";
import { emptyResult, measureAcks } from "./durable_acks.ts";
import { measureSizes } from "./durable_sizes.ts";
import { BEFORE } from "./lanes.ts";
import { latencies, measureRounds } from "./rounds.ts";

/** How often the disk alone is measured first. */
const APPENDS = 500;

const BYTES = 250;
const SUBSCRIBERS = 50;
/** More publishers than messages that are under way at once on the slowest disk. */
const PUBLISHERS = 64;

/** The rates at which subscribers' latency is measured, in messages per second. The memory broker carries ten times as many. */
export const RATES: Readonly<Record<Disk, readonly number[]>> = {
  own: [500, 2000],
  played: [500],
};

/** The measurements on a disk. */
interface Bench {
  readonly disk: Disk;
  readonly brokers: readonly BrokerName[];
  readonly syncs: readonly JetStreamSync[];
}

const OWN: Bench = {
  disk: "own",
  brokers: BROKERS,
  syncs: ["default", "always"],
};

/** Only what waits for the disk, and what it is compared with. */
const PLAYED: Bench = {
  disk: "played",
  brokers: ["memory broker", "SQLite", "Redis, always"],
  syncs: ["always"],
};

/** In a comparison with another checkout. */
const COMPARED: Bench = {
  ...OWN,
  brokers: ["memory broker", "SQLite"],
  syncs: [],
};

/**
 * Scenario durable: brokers beside each other, and JetStream: publishing with few and with many callers, subscribers' latency, memory and
 * files. It is measured on the machine's own disk and on a played one, as many virtual disks don't wait until anything is written.
 */
export async function durable(lab: Lab): Promise<Section[]> {
  const benches = lab.before === undefined ? [OWN, PLAYED] : [COMPARED];
  const disks: Result[] = [];
  const sections: Section[] = [{
    id: "durable-disk",
    title: "Durable: an append of 256 bytes and its fdatasync",
    metrics: ["p50Ms", "p99Ms"],
    results: disks,
  }];
  for (const bench of benches) {
    await using bare = await startBare(lab, bench);
    if (!bare) continue;
    const report = await bare.append(APPENDS);
    console.log(describe(bench, report));
    disks.push({ ...emptyResult(DISK_NAMES[bench.disk]), samples: [report] });
    sections.push(
      ...await measureAcks(lab, lanesOf(lab, bench), bare, bench.disk),
      ...await measureLatency(lab, bench),
    );
    await lab.clear();
  }
  const [own = OWN] = benches;
  return [...sections, await measureSizes(lab, lanesOf(lab, own))];
}

function describe({ disk }: Bench, { p50Ms, p99Ms }: DiskReport): string {
  return `An append and its fdatasync on ${DISK_NAMES[disk]}: ` +
    `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
}

async function startBare(
  { programs }: Lab,
  { disk }: Bench,
): Promise<BareDisk | undefined> {
  try {
    return await BareDisk.start(programs, "node", disk);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(
      `Nothing is measured on ${DISK_NAMES[disk]}: ${error.message}`,
    );
    return undefined;
  }
}

function lanesOf(lab: Lab, { disk, brokers, syncs }: Bench): Lane[] {
  return [
    ...lab.runtimes.flatMap((runtime) =>
      brokers.flatMap((broker) => gatewayLanes(lab, { runtime, broker, disk }))
    ),
    ...syncs.map((sync): Lane => {
      const peer = jetStream(sync, disk);
      return { name: peer.name, peer, subscriber: "nats", publisher: "nats" };
    }),
  ];
}

/** Returns the lane of a gateway; in a comparison also that of the other checkout. */
function gatewayLanes({ before }: Lab, setUp: BrokerSetUp): Lane[] {
  const peer = gatewayWith(setUp);
  const lane: Lane = {
    name: peer.name,
    peer,
    subscriber: "tidings.v1",
    publisher: "tidings",
  };
  if (before === undefined) return [lane];
  return [
    lane,
    {
      ...lane,
      name: lane.name + BEFORE,
      peer: gatewayWith({ ...setUp, before }),
    },
  ];
}

/**
 * Measures the latency of subscribers with the brokers that run in the gateway's process. JetStream's plain subscribers are no comparison: they
 * get messages before these are stored.
 */
async function measureLatency(
  lab: Lab,
  bench: Bench,
): Promise<Section[]> {
  const { disk } = bench;
  const brokers = bench.brokers.filter((name) => LOCAL_BROKERS.includes(name));
  const lanes = lanesOf(lab, { ...bench, brokers, syncs: [] });
  const open = await lab.open(lanes, { count: SUBSCRIBERS });
  const sections: Section[] = [];
  for (const rate of RATES[disk]) {
    const publishing: Publishing = {
      publishers: PUBLISHERS,
      bytes: BYTES,
      rate,
      seconds: 2 * lab.effort.seconds,
      isSpaced: true,
    };
    sections.push({
      id: latencyId(disk, rate),
      title:
        `Durable, ${DISK_NAMES[disk]}: publish to receive, ${SUBSCRIBERS} ` +
        `subscribers, ${rate.toLocaleString("en")} messages a second`,
      metrics: ["p99Ms", "p50Ms"],
      results: await measureRounds(lab, open, publishing, latencies, {
        isWarm: true,
        isContext: true,
      }),
    });
  }
  return sections;
}

/** Returns the id of the section with the subscribers' latency at a rate. */
export function latencyId(disk: Disk, rate: number): string {
  return `durable-${disk}-latency-${rate}`;
}

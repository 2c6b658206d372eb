import { BareDisk } from "../disks/bare_disk.ts";
import { type Disk, PLAYED_MS } from "../disks/disk.ts";
import type { Lab, Lane } from "../lab.ts";
import { type BrokerName, BROKERS, gatewayWith } from "../peers/brokers.ts";
import { jetStream, type JetStreamSync } from "../peers/jetstream.ts";
import { Missing } from "../peers/missing.ts";
import type { Result, Section } from "../results.ts";
import { measureAcks } from "./durable_acks.ts";
import { measureSizes } from "./durable_sizes.ts";
import { perRuntime } from "./lanes.ts";
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

/** What is measured on a disk. */
interface Bench {
  readonly disk: Disk;
  readonly title: string;
  readonly brokers: readonly BrokerName[];
  readonly syncs: readonly JetStreamSync[];
}

const OWN: Bench = {
  disk: "own",
  title: "this machine's disk",
  brokers: BROKERS,
  syncs: ["default", "always"],
};

/** Only what waits for the disk, and what it is compared with. */
const PLAYED: Bench = {
  disk: "played",
  title: `a disk whose fdatasync takes ${PLAYED_MS} ms`,
  brokers: ["memory broker", "SQLite", "Redis, always"],
  syncs: ["always"],
};

/**
 * Scenario durable: brokers beside each other, and JetStream: publishing with few and with many callers, subscribers' latency, memory and
 * files. It is measured on the machine's own disk and on a played one, as many virtual disks don't wait until anything is written.
 */
export async function durable(lab: Lab): Promise<Section[]> {
  const disks: Result[] = [];
  const sections: Section[] = [{
    id: "durable-disk",
    title: "Durable: an append of 256 bytes and its fdatasync",
    metrics: ["p50Ms", "p99Ms"],
    results: disks,
  }];
  for (const bench of [OWN, PLAYED]) {
    const bare = await startBare(lab, bench);
    if (!bare) continue;
    await using _ = bare;
    const report = await bare.append(APPENDS);
    disks.push({
      lane: bench.title,
      role: "bare",
      runtime: undefined,
      samples: [report],
    });
    console.log(
      `An append and its fdatasync on ${bench.title}: ` +
        `p50 ${report.p50Ms.toFixed(2)} ms, p99 ${report.p99Ms.toFixed(2)} ms`,
    );
    sections.push(...await measure(lab, bench, bare));
    await lab.clear();
  }
  return [...sections, await measureSizes(lab, lanesOf(lab, OWN))];
}

async function startBare(
  { programs }: Lab,
  { disk, title }: Bench,
): Promise<BareDisk | undefined> {
  try {
    return await BareDisk.start(programs, "node", disk);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(`Nothing is measured on ${title}: ${error.message}`);
    return undefined;
  }
}

function lanesOf(lab: Lab, { disk, brokers, syncs }: Bench): Lane[] {
  return [
    ...perRuntime(lab, (runtime) =>
      brokers.map((broker) => {
        const peer = gatewayWith(runtime, broker, disk);
        return {
          name: peer.name,
          peer,
          subscriber: "tidings.v1",
          publisher: "tidings",
        };
      })),
    ...syncs.map((sync): Lane => {
      const peer = jetStream(sync, disk);
      return { name: peer.name, peer, subscriber: "nats", publisher: "nats" };
    }),
  ];
}

async function measure(
  lab: Lab,
  bench: Bench,
  bare: BareDisk,
): Promise<Section[]> {
  const { disk, title } = bench;
  const lanes = lanesOf(lab, bench);
  const sections = await measureAcks(lab, lanes, bare, disk, title);
  // Plain subscribers of JetStream's subjects get messages before they are stored, which is no comparison.
  const gateways = lanes.filter(({ peer }) => peer.role === "gateway");
  const open = await lab.open(gateways, { count: SUBSCRIBERS });
  for (const rate of RATES[disk]) {
    const results = await measureRounds(
      lab,
      open,
      {
        publishers: PUBLISHERS,
        bytes: BYTES,
        rate,
        seconds: 2 * lab.effort.seconds,
        isSpaced: true,
      },
      latencies,
      { isWarm: true, isContext: true },
    );
    sections.push({
      id: latencyId(disk, rate),
      title: `Durable, ${title}: publish to receive, ${SUBSCRIBERS} ` +
        `subscribers, ${rate.toLocaleString("en")} messages a second`,
      metrics: ["p99Ms", "p50Ms"],
      results,
    });
  }
  return sections;
}

/** Returns the id of the section with the subscribers' latency at a rate. */
export function latencyId(disk: Disk, rate: number): string {
  return `durable-${disk}-latency-${rate}`;
}

import { RUNTIMES } from "../tests/support/process/programs.ts";
import { BARE_DISK, type Disk, PLAYED_MS } from "./disks/disk.ts";
import { type BrokerName, brokerName } from "./peers/brokers.ts";
import { jetStreamName } from "./peers/jetstream.ts";
import { latencyId, RATES } from "./scenarios/durable.ts";
import { acksId, CALLS } from "./scenarios/durable_acks.ts";
import { SIZES_ID } from "./scenarios/durable_sizes.ts";
import type { Target } from "./target.ts";

const DISKS = ["own", "played"] as const;

/** How the disks are named in the targets. */
const NAMES: Readonly<Record<Disk, string>> = {
  own: "durable",
  played: `durable, ${PLAYED_MS} ms`,
};

const on = (broker: BrokerName): Target["lane"] => (runtime) =>
  brokerName(runtime, broker);

const sqlite = { runtimes: RUNTIMES, lane: on("SQLite") } as const;

/** The loads on one channel. */
const ONE_CHANNEL = CALLS.filter(({ channels }) => channels === 1);

/** The limits of the SQLite broker that waits for the disk: beside the memory broker, the disk alone and JetStream that waits as well. */
export const DURABLE_TARGETS: readonly Target[] = [
  ...CALLS.filter(({ callers }) => callers === 256).map((calls): Target => ({
    ...sqlite,
    section: acksId("own", calls),
    what: `(durable) publishes/s, 256 callers, ${calls.channels} ${
      calls.channels === 1 ? "channel" : "channels"
    }, against the memory broker`,
    metric: "perSecond",
    beside: on("memory broker"),
    limit: { least: 0.5 },
  })),
  ...DISKS.flatMap((disk) =>
    ONE_CHANNEL.flatMap((calls): readonly Target[] => [
      {
        ...sqlite,
        section: acksId(disk, calls),
        what: `(${NAMES[disk]}) publishes/s, callers: ${calls.callers}, ` +
          "against callers / a bare fdatasync",
        metric: "perSecond",
        beside: () => BARE_DISK,
        limit: { least: 0.7 },
      },
      {
        ...sqlite,
        section: acksId(disk, calls),
        what: `(${NAMES[disk]}) publishes/s, callers: ${calls.callers}, ` +
          "against JetStream, sync always",
        metric: "perSecond",
        beside: () => jetStreamName("always"),
        limit: { least: 1 },
      },
    ])
  ),
  ...DISKS.map((disk): Target => ({
    ...sqlite,
    section: acksId(disk, { callers: 1, channels: 1 }),
    what: `(${NAMES[disk]}) p50 of a lone publish, against a bare fdatasync`,
    metric: "p50Ms",
    beside: () => BARE_DISK,
    limit: { most: 1.5 },
  })),
  ...DISKS.flatMap((disk) =>
    RATES[disk].map((rate): Target => ({
      ...sqlite,
      section: latencyId(disk, rate),
      what: `(${NAMES[disk]}) subscribers' p99 at ${
        rate.toLocaleString("en")
      }/s, against the memory broker`,
      metric: "p99Ms",
      beside: on("memory broker"),
      limit: { most: 1.5 },
    }))
  ),
  {
    ...sqlite,
    section: SIZES_ID,
    what: "(durable) RSS over the memory broker's",
    metric: "rssOver",
    limit: { most: 64 },
  },
];

import {
  type RuntimeName,
  RUNTIMES,
  TITLES,
} from "../tests/support/process/programs.ts";
import {
  bareVerifying,
  centrifugo,
  floor,
  nats,
  socketIo,
} from "./peers/mod.ts";
import { jobsName } from "./scenarios/channels.ts";
import { clientName } from "./scenarios/client.ts";
import { BATCHES, publishName } from "./scenarios/publish.ts";
import { bareName, gatewayName } from "./scenarios/lanes.ts";
import { DURABLE_TARGETS } from "./durable_targets.ts";
import type { Target } from "./target.ts";

const v1 = (runtime: RuntimeName) => gatewayName(runtime, "v1");
const plain = (runtime: RuntimeName) => gatewayName(runtime, "plain");
const alone = (runtime: RuntimeName) => `Tidings on ${TITLES[runtime]}`;
const always = (name: string) => () => name;

const ours = (runtime: RuntimeName) => jobsName(runtime, "our client");
const single = (runtime: RuntimeName) => jobsName(runtime, "one request each");

const fanOut = {
  section: "1",
  metric: "cpuUs",
  runtimes: RUNTIMES,
  lane: v1,
} as const;

const client = {
  section: "9",
  metric: "clientUs",
  runtimes: RUNTIMES,
} as const;

const channels = {
  section: "3",
  metric: "cpuUs",
  runtimes: RUNTIMES,
} as const;

/** The measurements that have a limit. */
export const TARGETS: readonly Target[] = [
  {
    ...fanOut,
    what: "(1) CPU per delivery, v1 against Socket.IO",
    beside: always(socketIo.name),
    limit: { most: 1 / 10 },
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, v1 against nats-server",
    beside: always(nats.name),
    limit: { most: 1 },
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, v1 against the floor",
    beside: always(floor.name),
    limit: { most: 1.7 },
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, plain against Socket.IO",
    runtimes: ["bun", "node"],
    lane: plain,
    beside: always(socketIo.name),
    limit: { most: 1 / 6 },
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, plain against the bare server",
    runtimes: ["deno"],
    lane: plain,
    beside: bareName,
    limit: { most: 1.1 },
  },
  {
    ...fanOut,
    section: "2-1",
    what: "(2) CPU per delivery, one publisher, v1 against the bare server",
    beside: bareName,
    limit: { most: 1.15 },
  },
  {
    ...fanOut,
    section: "2-1",
    what: "(2) CPU per delivery, one publisher, plain against the bare server",
    lane: plain,
    beside: bareName,
    limit: { most: 1.15 },
  },
  {
    ...fanOut,
    section: "2-latency",
    metric: "p99Ms",
    what: "(2) p99 at half the peak rate, v1 against the bare server",
    beside: bareName,
    limit: { most: 1 },
  },
  {
    ...channels,
    what: "(3) CPU per message, our client against Centrifugo's HTTP API",
    lane: ours,
    beside: always(centrifugo.name),
    limit: { most: 0.5 },
  },
  {
    ...channels,
    what: "(3) CPU per message, our client against nats-server",
    lane: ours,
    beside: always(nats.name),
    limit: { most: 0.75 },
  },
  {
    ...channels,
    what:
      "(3) CPU per message, one request each, against Centrifugo's HTTP API",
    lane: v1,
    beside: always(centrifugo.name),
    limit: { most: 1 },
  },
  {
    ...channels,
    metric: "perSecond",
    what: "(3) messages/s of a process, our client against one request each",
    lane: ours,
    beside: single,
    limit: { least: 5 },
  },
  {
    ...channels,
    metric: "clientUs",
    what: "(3) its CPU per message, our client against one request each",
    lane: ours,
    beside: single,
    limit: { most: 1 / 4 },
  },
  {
    ...fanOut,
    section: "5",
    what: "(5) CPU per publish, single against the bare server",
    lane: (runtime) => publishName(runtime, "single"),
    beside: bareName,
    limit: { most: 1.5 },
  },
  {
    ...fanOut,
    section: "5",
    what: `(5) CPU per publish, ${BATCHES}`,
    lane: (runtime) => publishName(runtime, BATCHES),
    limit: { most: 3.5 },
  },
  {
    ...fanOut,
    section: "6",
    what:
      "(6) CPU per connection, v1 against a bare server with one jose verify",
    beside: (runtime) => bareVerifying(runtime).name,
    limit: { most: 1 / 0.6 },
  },
  {
    ...fanOut,
    section: "6",
    what:
      "(6) CPU per connection, plain against a bare server with one jose verify",
    lane: plain,
    beside: (runtime) => bareVerifying(runtime).name,
    limit: { most: 1 / 0.6 },
  },
  {
    ...fanOut,
    section: "8",
    metric: "bytes",
    what: "(8) memory per connection, v1 against the bare server",
    beside: bareName,
    limit: { most: 1.4 },
  },
  {
    ...client,
    what: "(9) CPU per message, batched against WebSocket and JSON.parse",
    lane: (runtime) => clientName(runtime, "for await", true),
    beside: (runtime) => clientName(runtime, "WebSocket", true),
    limit: { most: 1.2 },
  },
  {
    ...client,
    what: "(9) CPU per message, not batched against WebSocket and JSON.parse",
    lane: (runtime) => clientName(runtime, "for await", false),
    beside: (runtime) => clientName(runtime, "WebSocket", false),
    limit: { most: 1.3 },
  },
  {
    ...client,
    what: "(9) CPU per message, batched against @inngest/realtime",
    lane: (runtime) => clientName(runtime, "for await", true),
    beside: (runtime) => clientName(runtime, "@inngest/realtime", true),
    limit: { most: 0.3 },
  },
  {
    ...fanOut,
    section: "idle",
    metric: "p50Ms",
    what: "p50 at 100 messages a second, against the bare server",
    beside: bareName,
    limit: { most: 1.15 },
  },
  {
    ...fanOut,
    section: "growth-10000",
    what: "CPU per delivery, 10,000 subscribers against 100, of the floor's",
    beside: v1,
    besideSection: "growth-100",
    exceeds: floor.name,
    limit: { most: 1.15 },
  },
  {
    ...fanOut,
    section: "growth-10000",
    what: "CPU per delivery, 10,000 subscribers against 1,000, of the floor's",
    beside: v1,
    besideSection: "growth-1000",
    exceeds: floor.name,
    limit: { most: 1.15 },
  },
  {
    ...fanOut,
    section: "growth-publish-5000",
    what: "CPU per publish, beside 5,000 other channels against none",
    lane: alone,
    beside: alone,
    besideSection: "growth-publish-0",
    limit: { most: 1.15 },
  },
  ...DURABLE_TARGETS,
];

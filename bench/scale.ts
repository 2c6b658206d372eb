/**
 * Calculates what 1,000,000 connections and 10,000,000 deliveries a second need, from measured costs.
 *
 * ```sh
 * deno task scale             # prints the tables of docs/scale.md
 * deno task scale --measure   # measures the costs of Redis
 * ```
 *
 * @module
 */

import process from "node:process";
import { formatRows } from "../tests/support/markdown.ts";
import { measureRedis } from "./redis_costs.ts";
import { ResultsFile } from "./results_file.ts";

/** The cost of each step on one core: CPU time in microseconds. */
export interface Costs {
  /** A gateway: a write to a connection, and each message in the write. */
  readonly writeUs: number;
  readonly messageUs: number;
  /** A gateway: the memory of a connection, in bytes. */
  readonly connectionBytes: number;
  /** A gateway: a new connection, with its token. */
  readonly connectUs: number;
  /** A gateway: a publish over HTTP, without its call to Redis. */
  readonly publishUs: number;
  /** A gateway: the call to Redis for a publish, and a message that arrives from Redis. */
  readonly askUs: number;
  readonly receiveUs: number;
  /** Redis: a publish, and each gateway that follows the channel. */
  readonly redisUs: number;
  readonly followerUs: number;
}

/** The costs of Redis, measured by `deno task scale --measure` on one of 2 cores of an EPYC, with Node 26, Redis 7.0 and messages of 250 bytes. */
const REDIS = { askUs: 5.9, receiveUs: 1.7, redisUs: 20.6, followerUs: 0.1 };

/** The number of publishers in scenario 2, whose messages share a write. */
const SHARED = 64;

/**
 * Returns the costs that a complete run of all benchmarks measured on Node.
 *
 * @throws {Error} When the run has no such results.
 */
export function costsOf(results: ResultsFile): Costs {
  const measured = (section: string, lane: string, column: string) => {
    const row = `Tidings on Node, ${lane}`;
    const value = results.number(section, row, column);
    if (value !== undefined) return value;
    throw new Error(
      `Cannot plan: bench/results.md has no "${row}" in "${section}"`,
    );
  };
  const cpu = "server CPU, µs";
  const fanOut = "Fan-out: 1,000 subscribers,";
  // With one publisher a write has one message.
  const oneUs = measured(`${fanOut} 1 publisher,`, "v1", cpu);
  const sharedUs = measured(`${fanOut} ${SHARED} publishers`, "v1", cpu);
  const messageUs = (SHARED * sharedUs - oneUs) / (SHARED - 1);
  return {
    writeUs: oneUs - messageUs,
    messageUs,
    connectionBytes: 1024 *
      measured("10,000 idle connections", "v1", "KB per connection"),
    connectUs: measured("5,000 connections", "v1", cpu),
    publishUs: measured("Publishing messages", "single", cpu),
    ...REDIS,
  };
}

/** The share of a core that may be busy. The other half is for the clients of a gateway that died, and for latency. */
const LOAD = 0.5;

/** Bytes of memory that a gateway, which is one process on one core, has for its connections. */
const GATEWAY_BYTES = 2 * 1024 ** 3;

/** Seconds between two pings of a connection. */
const PING_S = 15;

/** The traffic of a cluster. Each connection follows one channel. */
export interface Demand {
  readonly connections: number;
  /** Messages that reach clients, per second. */
  readonly deliveries: number;
  /** Connections that follow a channel. */
  readonly fanOut: number;
  /** Messages in one write to a connection. */
  readonly batch: number;
  /** Whether the load balancer sends all clients of a channel to one gateway. */
  readonly isSharded: boolean;
}

/** The machines that a demand needs. */
export interface Plan {
  readonly publishes: number;
  readonly gateways: number;
  /** The resource that limits the number of connections of a gateway. */
  readonly bound: "CPU" | "memory";
  /** Gateways that follow a channel, on average. */
  readonly followers: number;
  /** Messages that Redis sends to gateways, per second. */
  readonly redisSends: number;
  readonly redisNodes: number;
  /** Seconds that all gateways are busy when all clients connect at once. */
  readonly returnSeconds: number;
}

/** Calculates how many gateways and nodes of Redis a demand needs. */
export function plan(demand: Demand, costs: Costs): Plan {
  const { connections, deliveries, fanOut, batch } = demand;
  const publishes = deliveries / fanOut;
  const fixedUs = deliveries * (costs.writeUs / batch + costs.messageUs) +
    connections / PING_S * (costs.writeUs + costs.messageUs) +
    publishes * (costs.publishUs + costs.askUs);
  const byMemory = Math.ceil(
    connections * costs.connectionBytes / GATEWAY_BYTES,
  );
  // More gateways follow a channel when there are more, and each of them has to receive its messages.
  let gateways = byMemory;
  for (;;) {
    const receiveUs = publishes * followersOf(demand, gateways) *
      costs.receiveUs;
    const enough = Math.ceil((fixedUs + receiveUs) / 1e6 / LOAD);
    if (enough <= gateways) break;
    gateways = enough;
  }
  const followers = followersOf(demand, gateways);
  return {
    publishes,
    gateways,
    bound: gateways > byMemory ? "CPU" : "memory",
    followers,
    redisSends: publishes * followers,
    redisNodes: Math.ceil(publishes / redisCeiling(costs, followers)),
    returnSeconds: connections * costs.connectUs / 1e6 / gateways,
  };
}

/** Returns how many gateways follow a channel on average; the load balancer spreads clients evenly, unless they are sharded. */
function followersOf({ fanOut, isSharded }: Demand, gateways: number): number {
  return isSharded ? 1 : gateways * (1 - (1 - 1 / gateways) ** fanOut);
}

/** Returns how many publishes a second one node of Redis can take. */
function redisCeiling(
  { redisUs, followerUs }: Costs,
  followers: number,
): number {
  return LOAD * 1e6 / (redisUs + followers * followerUs);
}

const ANYWHERE = { batch: 1, isSharded: false } as const;
const SHARDED = { batch: 1, isSharded: true } as const;

const TRAFFIC: ReadonlyArray<
  readonly [string, Pick<Demand, "fanOut" | "batch" | "isSharded">]
> = [
  [
    "channels of 10,000, 8 messages at once",
    { fanOut: 10_000, batch: 8, isSharded: false },
  ],
  ["channels of 10,000", { fanOut: 10_000, ...ANYWHERE }],
  ["channels of 1,000", { fanOut: 1_000, ...ANYWHERE }],
  ["channels of 100", { fanOut: 100, ...ANYWHERE }],
  ["channels of 100, each at one gateway", { fanOut: 100, ...SHARDED }],
  ["channels of 10", { fanOut: 10, ...ANYWHERE }],
  ["channels of 10, each at one gateway", { fanOut: 10, ...SHARDED }],
  ["channels of 1", { fanOut: 1, ...ANYWHERE }],
];

/** Returns the tables of docs/scale.md. */
export function formatScale(costs: Costs): string {
  const rows = TRAFFIC.map(([name, traffic]) => {
    const needed = plan({
      connections: 1_000_000,
      deliveries: 10_000_000,
      ...traffic,
    }, costs);
    return [
      name,
      count(needed.publishes),
      count(needed.gateways),
      needed.bound,
      needed.followers.toFixed(1),
      count(needed.redisSends),
      count(needed.redisNodes),
      needed.returnSeconds.toFixed(1),
    ];
  });
  const ceilings = [1, 4, 16, 64].map((followers) => [
    count(followers),
    count(redisCeiling(costs, followers)),
  ]);
  const { receiveUs, writeUs, messageUs } = costs;
  const relayed = LOAD * 1e6 / (receiveUs + writeUs + messageUs);
  return [
    formatRows([
      [
        "",
        "publishes/s",
        "gateways",
        "bound by",
        "follow each",
        "Redis sends/s",
        "Redis nodes",
        "all back, s",
      ],
      ...rows,
    ]),
    formatRows([
      ["gateways that follow each channel", "publishes/s of a Redis node"],
      ...ceilings,
    ]),
    "A gateway with a client for each message from Redis: " +
    `${count(relayed)} messages a second.`,
  ].join("\n\n");
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

if (import.meta.main) {
  if (process.argv.includes("--measure")) {
    for (const [name, us] of Object.entries(await measureRedis())) {
      console.log(`${name}: ${us.toFixed(1)}`);
    }
  } else console.log(formatScale(costsOf(new ResultsFile())));
}

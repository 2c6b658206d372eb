import { formatRows } from "../table.ts";
import {
  type Costs,
  type Demand,
  gatewayCeiling,
  type Limits,
  plan,
  redisCeiling,
} from "./model.ts";

/** What is asked for. */
const TARGET = { connections: 1_000_000, deliveries: 10_000_000 } as const;

/** Half of each core stays free: for what comes back when a gateway dies, and for latency. */
const LIMITS: Limits = { load: 0.5, gatewayBytes: 2 * 1024 ** 3 };

/** Gateways of the table that says what one node of Redis carries. */
const FOLLOWERS = [1, 4, 16, 64] as const;

/** Kinds of traffic: how many connections follow a channel, and how many messages go out at once. */
const TRAFFIC: ReadonlyArray<
  readonly [string, Pick<Demand, "fanOut" | "batch">]
> = [
  ["broadcast", { fanOut: 10_000, batch: 1 }],
  ["rooms of 1,000", { fanOut: 1_000, batch: 1 }],
  ["rooms of 100", { fanOut: 100, batch: 1 }],
  ["one user each", { fanOut: 1, batch: 1 }],
  ["one user each, 8 at once", { fanOut: 1, batch: 8 }],
];

/** All of it, as Markdown. */
export function formatScale(costs: Costs): string {
  const rows = TRAFFIC.flatMap(([name, traffic]) =>
    (["anywhere", "by channel"] as const).map((placement) => {
      const demand = { ...TARGET, ...traffic, placement };
      const { publishes, gateways, bound, followers, redisNodes, ...rest } =
        plan(demand, costs, LIMITS);
      return [
        `${name}, clients ${placement}`,
        count(publishes),
        count(gateways),
        bound,
        followers.toFixed(1),
        count(rest.redisSends),
        count(redisNodes),
        rest.takeOverSeconds.toFixed(1),
      ];
    })
  );
  const ceilings = FOLLOWERS.map((followers) => [
    count(followers),
    count(redisCeiling(costs, LIMITS, followers)),
  ]);
  const one = gatewayCeiling(costs, LIMITS);
  return [
    formatRows([
      [
        "",
        "publishes/s",
        "gateways",
        "bound by",
        "follow a channel",
        "Redis sends/s",
        "Redis nodes",
        "take-over, s",
      ],
      ...rows,
    ]),
    "",
    formatRows([
      ["gateways that follow each channel", "publishes/s of a Redis node"],
      ...ceilings,
    ]),
    "",
    `A gateway with a client for each message from Redis: ${
      count(one)
    } messages a second.`,
  ].join("\n");
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

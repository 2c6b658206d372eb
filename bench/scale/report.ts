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

/** Kinds of traffic: how many connections follow a channel, where they are, and how many messages go out at once. */
const TRAFFIC: ReadonlyArray<
  readonly [string, Pick<Demand, "fanOut" | "placement" | "batch">]
> = [
  [
    "channels of 10,000, 8 messages at once",
    { fanOut: 10_000, placement: "anywhere", batch: 8 },
  ],
  ["channels of 10,000", { fanOut: 10_000, placement: "anywhere", batch: 1 }],
  ["channels of 1,000", { fanOut: 1_000, placement: "anywhere", batch: 1 }],
  ["channels of 100", { fanOut: 100, placement: "anywhere", batch: 1 }],
  [
    "channels of 100, each at one gateway",
    { fanOut: 100, placement: "by channel", batch: 1 },
  ],
  ["channels of 10", { fanOut: 10, placement: "anywhere", batch: 1 }],
  [
    "channels of 10, each at one gateway",
    { fanOut: 10, placement: "by channel", batch: 1 },
  ],
  ["channels of 1", { fanOut: 1, placement: "anywhere", batch: 1 }],
];

/** All of it, as Markdown. */
export function formatScale(costs: Costs): string {
  const rows = TRAFFIC.map(([name, traffic]) => {
    const { publishes, gateways, bound, followers, ...rest } = plan(
      { ...TARGET, ...traffic },
      costs,
      LIMITS,
    );
    return [
      name,
      count(publishes),
      count(gateways),
      bound,
      followers.toFixed(1),
      count(rest.redisSends),
      count(rest.redisNodes),
      rest.returnSeconds.toFixed(1),
    ];
  });
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
        "follow each",
        "Redis sends/s",
        "Redis nodes",
        "all back, s",
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

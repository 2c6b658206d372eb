/** What things cost on one core of the machine that they were measured on. */
export interface Costs {
  /** CPU of a gateway for a write to a connection, in microseconds, and for each message in it. */
  readonly writeUs: number;
  readonly messageUs: number;
  /** Bytes of memory that a connection adds to a gateway. */
  readonly connectionBytes: number;
  /** CPU of a gateway for a connection that comes, with its token, in microseconds. */
  readonly connectUs: number;
  /** CPU of a gateway for a publish by HTTP, without what Redis costs it, in microseconds. */
  readonly publishUs: number;
  /** CPU of a gateway for asking Redis to publish, and for a message that comes from it, in microseconds. */
  readonly askUs: number;
  readonly receiveUs: number;
  /** CPU of Redis for a publish, and for each gateway that follows the channel, in microseconds. */
  readonly redisUs: number;
  readonly followerUs: number;
}

/** What has to be carried. */
export interface Demand {
  readonly connections: number;
  /** Messages that reach clients, in a second. */
  readonly deliveries: number;
  /** Connections that follow a channel. Each connection follows one. */
  readonly fanOut: number;
  /** Messages that a gateway writes to a connection at once. */
  readonly batch: number;
  /** Whether the clients of a channel are spread over all gateways, or are at one, by the load balancer. */
  readonly placement: "anywhere" | "by channel";
}

/** What machines may be used for. */
export interface Limits {
  /** The share of a core that may be busy. */
  readonly load: number;
  /** Bytes of memory of a gateway for its connections: a gateway is one process, on one core. */
  readonly gatewayBytes: number;
}

/** What carries it. */
export interface Plan {
  readonly publishes: number;
  readonly gateways: number;
  /** Cores that the gateways keep busy, by what they do. */
  readonly cores: Readonly<
    Record<"deliver" | "ping" | "receive" | "publish", number>
  >;
  /** What decides on the number of gateways. */
  readonly bound: "CPU" | "memory";
  /** Gateways that follow a channel, on average. */
  readonly followers: number;
  /** Nodes of Redis, and messages that all of them send to gateways in a second. */
  readonly redisNodes: number;
  readonly redisSends: number;
  /** Seconds that all gateways are busy with taking all connections, if all come at once. */
  readonly returnSeconds: number;
}

/** Seconds from ping to ping, on each connection. */
const PING_S = 15;

/** How many gateways follow a channel whose clients are at random ones. */
export function followersOf(
  { fanOut, placement }: Pick<Demand, "fanOut" | "placement">,
  gateways: number,
): number {
  if (placement === "by channel") return 1;
  return gateways * (1 - (1 - 1 / gateways) ** fanOut);
}

/** What it takes: the fewest gateways that are enough, and the nodes of Redis for them. */
export function plan(demand: Demand, costs: Costs, limits: Limits): Plan {
  const { connections, deliveries, fanOut, batch } = demand;
  const publishes = deliveries / fanOut;
  const deliver = deliveries * (costs.writeUs / batch + costs.messageUs) / 1e6;
  const ping = connections / PING_S * (costs.writeUs + costs.messageUs) / 1e6;
  const publish = publishes * (costs.publishUs + costs.askUs) / 1e6;
  const byMemory = Math.ceil(
    connections * costs.connectionBytes / limits.gatewayBytes,
  );
  // More gateways follow a channel when there are more, which costs more gateways.
  let gateways = byMemory;
  let receive = 0;
  for (;;) {
    receive = publishes * followersOf(demand, gateways) * costs.receiveUs / 1e6;
    const busy = deliver + ping + publish + receive;
    const enough = Math.ceil(busy / limits.load);
    if (enough <= gateways) break;
    // With more gateways more of them follow a channel, which takes more gateways: no more than follow it anyway.
    gateways = enough;
  }
  const followers = followersOf(demand, gateways);
  const redisSends = publishes * followers;
  const redis = (publishes * costs.redisUs + redisSends * costs.followerUs) /
    1e6;
  return {
    publishes,
    gateways,
    cores: { deliver, ping, receive, publish },
    bound: gateways > byMemory ? "CPU" : "memory",
    followers,
    redisNodes: Math.max(1, Math.ceil(redis / limits.load)),
    redisSends,
    returnSeconds: connections * costs.connectUs / 1e6 / gateways,
  };
}

/** What one node of Redis carries at most: publishes a second, when so many gateways follow each channel. */
export function redisCeiling(
  { redisUs, followerUs }: Costs,
  { load }: Limits,
  followers: number,
): number {
  return load * 1e6 / (redisUs + followers * followerUs);
}

/** What one gateway carries at most of messages from Redis, a second, with a client for each. */
export function gatewayCeiling(
  { writeUs, messageUs, receiveUs }: Costs,
  { load }: Limits,
): number {
  return load * 1e6 / (receiveUs + writeUs + messageUs);
}

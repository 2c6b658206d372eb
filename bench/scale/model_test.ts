import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COSTS } from "./costs.ts";
import {
  type Costs,
  type Demand,
  followersOf,
  gatewayCeiling,
  type Limits,
  plan,
  redisCeiling,
} from "./model.ts";
import { formatScale } from "./report.ts";
import { ROOT } from "../../tests/support/root.ts";

const COSTS_OF_TEST: Costs = {
  writeUs: 8,
  messageUs: 2,
  connectionBytes: 1_000,
  connectUs: 100,
  publishUs: 30,
  askUs: 20,
  receiveUs: 10,
  redisUs: 40,
  followerUs: 5,
};

const LIMITS: Limits = { load: 0.5, gatewayBytes: 1_000_000 };

const DEMAND: Demand = {
  connections: 1_500,
  deliveries: 100_000,
  fanOut: 100,
  batch: 1,
  placement: "by channel",
};

describe("plan()", () => {
  it("adds up what each delivery, ping, publish and message from Redis costs", () => {
    const { publishes, cores, gateways, bound } = plan(
      DEMAND,
      COSTS_OF_TEST,
      LIMITS,
    );
    assertEquals(publishes, 1_000);
    assertEquals(cores, {
      deliver: 1,
      ping: 0.001,
      publish: 0.05,
      receive: 0.01,
    });
    assertEquals([gateways, bound], [3, "CPU"]);
  });

  it("has memory for all connections", () => {
    const demand = { ...DEMAND, connections: 10_500, deliveries: 1_000 };
    const { gateways, bound } = plan(demand, COSTS_OF_TEST, LIMITS);
    assertEquals([gateways, bound], [11, "memory"]);
  });

  it("makes a write for several messages where they come together", () => {
    const { cores } = plan({ ...DEMAND, batch: 8 }, COSTS_OF_TEST, LIMITS);
    assertEquals(cores.deliver, 0.3);
  });

  it("sends each message to every gateway that follows, where clients are anywhere", () => {
    const near = plan(DEMAND, COSTS_OF_TEST, LIMITS);
    const far = plan(
      { ...DEMAND, placement: "anywhere" },
      COSTS_OF_TEST,
      LIMITS,
    );
    assertEquals(near.redisSends, 1_000);
    assert(far.followers > 2.9 && far.followers <= far.gateways);
    assertEquals(far.redisSends, 1_000 * far.followers);
    assert(far.cores.receive > near.cores.receive);
  });

  it("has the nodes of Redis that the publishes and what they send need", () => {
    const demand: Demand = { ...DEMAND, deliveries: 100_000, fanOut: 1 };
    // 100,000 times 45 µs are 4.5 cores, half of each.
    assertEquals(plan(demand, COSTS_OF_TEST, LIMITS).redisNodes, 9);
  });

  it("never has more followers than gateways or clients", () => {
    const anywhere = { placement: "anywhere" } as const;
    assertEquals(
      followersOf({ ...anywhere, fanOut: 1 }, 50).toFixed(6),
      "1.000000",
    );
    assert(followersOf({ ...anywhere, fanOut: 100 }, 1e6) <= 100);
    assert(followersOf({ ...anywhere, fanOut: 1e6 }, 50) <= 50);
  });

  it("knows the most that one gateway, and one node of Redis, can do", () => {
    assertEquals(gatewayCeiling(COSTS_OF_TEST, LIMITS), 25_000);
    assertEquals(redisCeiling(COSTS_OF_TEST, LIMITS, 2), 10_000);
  });
});

describe("docs/scale.md", () => {
  it("quotes what `deno task scale` prints", () => {
    const text = readFileSync(join(ROOT, "docs/scale.md"), "utf8");
    const squeeze = (markdown: string): string =>
      markdown.replaceAll(/ +/g, " ").replaceAll(/-+:?/g, "-")
        .replaceAll(/\s*\n\s*/g, "\n");
    for (const part of formatScale(COSTS).split("\n\n")) {
      assert(squeeze(text).includes(squeeze(part)), part);
    }
  });
});

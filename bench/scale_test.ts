import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../tests/support/root.ts";
import { type Costs, type Demand, formatScale, plan } from "./scale.ts";

const COSTS: Costs = {
  writeUs: 8,
  messageUs: 2,
  connectionBytes: 2 * 1024 ** 2,
  connectUs: 100,
  publishUs: 30,
  askUs: 20,
  receiveUs: 10,
  redisUs: 40,
  followerUs: 5,
};

const DEMAND: Demand = {
  connections: 1_500,
  deliveries: 100_000,
  fanOut: 100,
  batch: 1,
  isSharded: true,
};

describe("plan()", () => {
  it("adds up the CPU of deliveries, pings, publishes and messages from Redis", () => {
    // 1 core for deliveries, 0.001 for pings, 0.05 for publishes and 0.01 for messages from Redis, half of each core.
    const { gateways, bound, publishes, redisSends } = plan(DEMAND, COSTS);
    assertEquals([gateways, bound], [3, "CPU"]);
    assertEquals([publishes, redisSends], [1_000, 1_000]);
  });

  it("has enough memory for all connections", () => {
    const demand = { ...DEMAND, connections: 10_500, deliveries: 1_000 };
    const { gateways, bound } = plan(demand, COSTS);
    assertEquals([gateways, bound], [11, "memory"]);
  });

  it("needs fewer gateways when a write has several messages", () => {
    // 0.3 cores for deliveries instead of 1.
    assertEquals(plan({ ...DEMAND, batch: 8 }, COSTS).gateways, 2);
    assertEquals(plan({ ...DEMAND, batch: 8 }, COSTS).bound, "memory");
  });

  it("counts a message from Redis for every gateway that follows", () => {
    const far = plan({ ...DEMAND, isSharded: false }, COSTS);
    assert(far.followers > 2.9 && far.followers <= far.gateways);
    assertAlmostEquals(far.redisSends, 1_000 * far.followers);
  });

  it("has a node of Redis for each half core of publishes", () => {
    // 100,000 publishes of 45 µs are 4.5 cores.
    assertEquals(plan({ ...DEMAND, fanOut: 1 }, COSTS).redisNodes, 9);
  });
});

describe("docs/scale.md", () => {
  it("quotes what `deno task scale` prints", () => {
    const text = readFileSync(join(ROOT, "docs/scale.md"), "utf8");
    const squeeze = (markdown: string): string =>
      markdown.replaceAll(/ +/g, " ").replaceAll(/-+:?/g, "-")
        .replaceAll(/\s*\n\s*/g, "\n");
    for (const part of formatScale().split("\n\n")) {
      assert(squeeze(text).includes(squeeze(part)), part);
    }
  });
});

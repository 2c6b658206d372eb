import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ResultsFile } from "./results_file.ts";
import { type Costs, costsOf, type Demand, plan } from "./scale.ts";

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

/** Returns a section of `bench/results.md` with one row of our gateway on Node. */
function sectionOf(title: string, lane: string, head: string, cell: string) {
  return `### ${title}\n\n|   | ${head} |\n| --- | --: |\n| Tidings on Node, ${lane} | ${cell} |\n`;
}

describe("costsOf()", () => {
  const cpu = "server CPU, µs";
  const sections = [
    sectionOf("Fan-out: 1,000 subscribers, 1 publisher, x", "v1", cpu, "10.00"),
    sectionOf("Fan-out: 1,000 subscribers, 64 publishers", "v1", cpu, "2.125"),
    sectionOf("10,000 idle connections", "v1", "KB per connection", "8.0"),
    sectionOf("5,000 connections, each", "v1", cpu, "1,234.00"),
    sectionOf("Publishing messages", "single", cpu, "20.00"),
  ];

  it("tells a write from its messages by how many share it", () => {
    const costs = costsOf(new ResultsFile(`\n${sections.join("\n")}`));
    assertAlmostEquals(costs.writeUs + costs.messageUs, 10);
    assertAlmostEquals(costs.writeUs / 64 + costs.messageUs, 2.125);
    assertEquals(costs.connectionBytes, 8_192);
    assertEquals([costs.connectUs, costs.publishUs], [1_234, 20]);
  });

  it("fails where something was not measured", () => {
    const results = new ResultsFile(`\n${sections.slice(1).join("\n")}`);
    assertThrows(() => costsOf(results), Error, "Cannot plan");
  });
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { currentProgram, currentRuntime } from "../support/process/programs.ts";
import { redisPath } from "../support/requirements.ts";
import { KINDS } from "./case.ts";
import { compare } from "./differential.ts";
import { BROKERS, fuzz, totals } from "./fuzz.ts";
import { formatReport } from "./print_report.ts";

/** The seed of the short form, which is the same in every run. */
const SEED = 13;

/** How many cases of each kind there are. */
const COUNT = 250;

/** How many cases of HTTP are compared. */
const COMPARED = 500;

const runtime = currentRuntime();
const programs = currentProgram();

describe("a gateway that is fuzzed", () => {
  for (const broker of BROKERS) {
    const isMissing = broker === "redis" && redisPath() === undefined;
    const test = isMissing ? it.skip : it;
    test(`serves its healthy clients and breaks no promise, with the broker "${broker}"`, async () => {
      const report = await fuzz({
        programs,
        runtime,
        clients: runtime,
        broker,
        seed: SEED,
        count: COUNT,
      });
      const text = formatReport(report, SEED);
      assertEquals(report.problems, [], text);
      assertEquals(report.result.failed, 0, text);
      assertEquals(totals(report), new Map(KINDS.map((kind) => [kind, COUNT])));
    });
  }

  it("is reported when it ends", async () => {
    const { problems, result } = await fuzz({
      programs,
      runtime,
      clients: runtime,
      broker: "memory",
      seed: SEED,
      count: COUNT,
      onStart: (gateway) => gateway.kill("SIGKILL"),
    });
    assertStringIncludes(problems[0] ?? "", "the gateway ended with SIGKILL");
    const sent = [...result.counts.get("http")?.values() ?? []];
    assertEquals(sent.reduce((sum, count) => sum + count, 0) < COUNT, true);
  });

  it("answers alike on the fast and on the general path", async () => {
    const range = { from: 0, to: COMPARED };
    const found = await compare({ programs, runtime, seed: SEED, ...range });
    assertEquals(found.differences, []);
    assertEquals(found.compared > COMPARED / 4, true);
  });
});

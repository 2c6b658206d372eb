import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Ledger } from "./ledger.ts";
import { Observation } from "./observation.ts";
import { emptyVerdict, judge } from "./oracle.ts";
import { Truth } from "./truth.ts";
import { MemoryBroker } from "../../server/mod.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { Play, SIZE } from "../support/brokers/log_play.ts";
import { step, transport, TTL_S } from "../support/brokers/log_steps.ts";
import { batch } from "../support/wire/publish.ts";
import { connectRaw, type RawTransport } from "../support/wire/raw_client.ts";
import { tokenFor } from "../support/wire/websocket.ts";

/** After this time a run waits for a message that never comes. To print its steps is better than to hang. */
const HANGS_MS = 20_000;

/** One client of a race: how often it comes back, and how many messages it takes each time. */
interface Racer {
  readonly transport: RawTransport;
  readonly since: "start" | "last:3" | undefined;
  readonly takes: readonly number[];
}

const racer: fc.Arbitrary<Racer> = fc.record({
  transport,
  since: fc.constantFrom("start" as const, "last:3" as const, undefined),
  takes: fc.array(fc.integer({ min: 1, max: 12 }), {
    minLength: 2,
    maxLength: 6,
  }),
});

/** Takes messages, hangs up and resumes, again and again. */
async function raceOne(
  gateway: TestGateway,
  channel: string,
  racer: Racer,
): Promise<Observation> {
  const observation = new Observation();
  const token = await tokenFor(gateway, [`${channel}/t`]);
  for (const count of racer.takes) {
    const since = observation.last ?? racer.since;
    const client = await connectRaw(gateway, racer.transport, {
      token,
      ...(since === undefined ? {} : { since }),
    });
    for (let taken = 0; taken < count;) {
      const { kind, id, data } = await client.next();
      if (kind === "gap") {
        const { after, before } = Object(data);
        observation.gap({ after, before });
      } else if (kind === "data") {
        observation.message(id, Number(data));
        taken++;
      }
    }
    await client[Symbol.asyncDispose]();
  }
  return observation;
}

describe("a channel's log", () => {
  const clock = { now: 0 };
  let gateway: TestGateway;
  let channels = 0;
  beforeAll(async () => {
    gateway = await startGateway({
      broker: new MemoryBroker({
        historySize: SIZE,
        historyTtl: TTL_S,
        now: () => clock.now,
      }),
    });
  });
  afterAll(() => gateway.close());

  it("gives every client the messages that the model gives, whatever the steps", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        async (steps) => {
          await using play = new Play(gateway, `model-${++channels}`, clock);
          await play.run(steps);
        },
      ),
      { numRuns: 100, timeout: HANGS_MS },
    );
  });

  it("is read without a loss, a repetition or an unreported gap by clients that come and go while it is written and trimmed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(racer, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (racers, burst) => {
          const channel = `race-${++channels}`;
          const ledger = new Ledger();
          let isOver = false;
          let count = 0;
          const publishing = (async () => {
            while (!isOver) {
              const first = count + 1;
              const lines = Array.from({ length: burst }, () => ({
                channel,
                topic: "t",
                data: ++count,
              }));
              const answers = await batch(gateway, lines);
              answers.forEach(({ id }, i) =>
                ledger.acknowledge(channel, id ?? "", first + i)
              );
            }
          })();
          const observations = await Promise.all(
            racers.map((racer) => raceOne(gateway, channel, racer)),
          );
          isOver = true;
          await publishing;
          assertEquals(ledger.problems, []);
          const record = ledger.records()[channel];
          assert(record);
          const truth = new Truth(record);
          for (const observation of observations) {
            const verdict = judge(truth, observation.events(), {
              after: "first",
              until: observation.last,
            });
            const { received, gaps, gapped } = verdict;
            assertEquals(verdict, {
              ...emptyVerdict(),
              received,
              gaps,
              gapped,
            });
          }
        },
      ),
      { numRuns: 40, timeout: HANGS_MS },
    );
  });
});

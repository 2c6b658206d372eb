import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { Position } from "../../../../core/protocol/id.ts";
import type { SqliteBroker } from "../../../../server/brokers/sqlite.ts";
import { message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";

const SIZE = 8;
const CHANNELS = ["a", "b"];
const TOPICS = ["t", "u", "v"];

/** Memory for a few messages only, so that pages come from memory, from the file, or are on the border between the two. */
const OPTIONS = { historySize: SIZE, memoryBudget: 1200 };

type Step =
  | { readonly do: "publish"; channel: string; topics: readonly string[] }
  | { readonly do: "read"; channel: string; after: number; limit: number }
  | { readonly do: "before"; channel: string; topic: string; count: number }
  | { readonly do: "reopen" };

const channel = fc.constantFrom(...CHANNELS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("publish"),
      channel,
      topics: fc.array(fc.constantFrom(...TOPICS), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read"),
      channel,
      after: fc.nat(20),
      limit: fc.integer({ min: 1, max: 10 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("before"),
      channel,
      topic: fc.constantFrom(...TOPICS),
      count: fc.integer({ min: 1, max: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen") }) },
);

/** The log that a channel must have: the topics of all its messages, and which of them is the first that counts. */
class Model {
  readonly topics: string[] = [];

  get first(): number {
    return Math.max(0, this.topics.length - SIZE) + 1;
  }

  read(after: number, limit: number): Array<readonly [number, string]> {
    return this.topics.map((topic, i) => [i + 1, topic] as const)
      .filter(([offset]) => offset > after && offset >= this.first)
      .slice(0, limit);
  }

  before(topic: string, count: number): number {
    const newest = this.read(0, SIZE).filter(([, one]) => one === topic)
      .slice(-count);
    const found = newest.length === count ? newest[0]?.[0] : undefined;
    return (found ?? this.first) - 1;
  }
}

describe("the logs of a SQLite broker", () => {
  it("are those of a model, wherever a page comes from, and however often the database is opened again", async () => {
    await using folder = await DatabaseFolder.create();
    let runs = 0;

    async function play(steps: readonly Step[]): Promise<void> {
      const run = ++runs;
      let broker: SqliteBroker = await folder.open(OPTIONS);
      const models = new Map(CHANNELS.map((name) => [name, new Model()]));
      const epochs = new Map<string, string>();

      function expectEpoch(name: string, { epoch }: Pick<Position, "epoch">) {
        assertEquals(epoch, epochs.get(name) ?? epoch);
        epochs.set(name, epoch);
      }

      for (const step of steps) {
        if (step.do === "reopen") {
          await broker.close();
          broker = await folder.open(OPTIONS);
          continue;
        }
        const model = models.get(step.channel) ?? new Model();
        const name = `${step.channel} of run ${run}`;
        if (step.do === "publish") {
          const messages = step.topics.map((topic) => message(topic, topic));
          const ids = await broker.publish(name, messages);
          expectEpoch(name, { epoch: ids[0]?.slice(0, 8) ?? "" });
          assertEquals(
            ids.map((id) => Number(id.slice(9))),
            step.topics.map((topic) => model.topics.push(topic)),
          );
        } else if (step.do === "read") {
          const { after, limit } = step;
          const page = await broker.read(name, after, limit, 1e6);
          expectEpoch(name, page);
          assertEquals(page.top, model.topics.length);
          const found = page.entries.map(({ offset, topic }) =>
            [offset, topic] as const
          );
          assertEquals(found, model.read(after, limit));
          // Where the page begins at the log's beginning, it must tell it.
          if (after < model.first) assertEquals(page.first, model.first);
        } else {
          const topics = new Set([step.topic]);
          const position = await broker.before(name, topics, step.count);
          expectEpoch(name, position);
          assertEquals(
            position.offset,
            model.before(step.topic, step.count),
          );
        }
      }
      await broker.close();
    }

    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        play,
      ),
      { numRuns: 30 },
    );
  });
});

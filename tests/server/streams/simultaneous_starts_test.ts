import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  type GatewayPair,
  PAIR_BROKERS,
  startPair,
} from "../../support/gateway/pair.ts";
import { until } from "../../support/until.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import type { Cluster } from "../../support/brokers/clusters.ts";
import { shareBroker } from "../../support/brokers/shared_broker.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import type { LineAnswer } from "../../support/wire/publish.ts";
import { logOf, producerOf } from "../../support/wire/streams.ts";
import type { Frame } from "../../support/wire/websocket.ts";

/** How many times two streams begin at the same moment. */
const ROUNDS = 60;

function codeOf({ error }: LineAnswer): string {
  return error?.code ?? "ok";
}

/** Returns the streams of a log, in the order of their starts, each with the metadata of its end; `"open"` for one without an end. */
function streamsOf(log: readonly Frame[]): Map<string, unknown> {
  const streams = new Map<string, unknown>();
  for (const { kind, stream_id = "", metadata } of log) {
    if (kind === "datastream-start") streams.set(stream_id, "open");
    if (kind === "datastream-end") streams.set(stream_id, metadata);
  }
  return streams;
}

function describePair(broker: string): void {
  describe(`Streams that begin alone, at two gateways at the same moment: ${broker}`, () => {
    let pair: GatewayPair;
    beforeAll(async () => {
      pair = await startPair(broker);
    });
    afterAll(() => pair.close());

    /** Begins two streams at the same moment, one at each gateway. The first request leaves at either one. */
    async function begin(channel: string, round: number, mode: string) {
      const { a, b } = pair;
      const order = round % 2 === 0 ? [a, b] : [b, a];
      return await Promise.all(order.map(async (gateway, i) => {
        const id = `${i + 1}`;
        const line = producerOf(gateway, channel, id);
        const fields = {
          other_streams: mode,
          producer: id,
          key: `${id}:0`,
        };
        return { id, line, code: codeOf(await line("start", fields)) };
      }));
    }

    /** Both gateways follow the channel already in every other round. */
    async function prepare(channel: string, round: number): Promise<void> {
      if (round % 4 < 2) return;
      for (const gateway of [pair.a, pair.b]) {
        const line = producerOf(gateway, channel, crypto.randomUUID());
        await line("start", { topic: "other" });
      }
    }

    it("leave the earlier one open where others are refused; the later one is refused and ends with that error", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const channel = `refuse-${round}`;
        await prepare(channel, round);
        const begun = await begin(channel, round, "refuse");
        const codes = begun.map(({ code }) => code).sort();
        assertEquals(codes, ["ok", "stream_open"]);
        const log = await logOf(pair.a, channel);
        const own = log.filter(({ topic }) => topic === "t");
        const streams = streamsOf(own);
        const passed = begun.find(({ code }) => code === "ok");
        const [first, second] = [...streams];
        assertEquals(first, [passed?.id ?? "", "open"]);
        if (second) {
          assertEquals(Object(second[1]).error, {
            code: "stream_open",
            message:
              `Cannot publish to "${channel}": the topic "t" has an open stream`,
          });
        }
        for (const { line, code } of begun) {
          const { error } = await line("chunk");
          if (code === "ok") assertEquals(error, undefined);
          else if (second) assertEquals(error?.code, "stream_ended");
        }
      }
    });

    it("leave the later one open where others are stopped", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const channel = `stop-${round}`;
        await prepare(channel, round);
        const begun = await begin(channel, round, "replace");
        assertEquals(begun.map(({ code }) => code), ["ok", "ok"]);
        const log = await logOf(pair.a, channel);
        const own = log.filter(({ topic }) => topic === "t");
        const [first, second] = [...streamsOf(own)];
        assertEquals(first?.[1], { stopped: true });
        assertEquals(second?.[1], "open");
        for (const { id, line } of begun) {
          const code = codeOf(await line("chunk"));
          assertEquals(code, id === second?.[0] ? "ok" : "stream_stopped");
        }
      }
    });

    it("leave the last one of those that stop others open, or else the first one", async () => {
      let round = 0;
      const starts = fc.array(
        fc.record({
          mode: fc.constantFrom("refuse", "replace"),
          atA: fc.boolean(),
          isLater: fc.boolean(),
        }),
        { minLength: 2, maxLength: 6 },
      );
      await fc.assert(
        fc.asyncProperty(starts, async (all) => {
          const channel = `mixed-${round++}`;
          const begin = async (isLater: boolean): Promise<void> => {
            await Promise.all(all.map(async ({ mode, atA, ...start }, i) => {
              if (start.isLater !== isLater) return;
              const gateway = atA ? pair.a : pair.b;
              const fields = { other_streams: mode };
              const line = producerOf(gateway, channel, `${i}`);
              const code = codeOf(await line("start", fields));
              if (mode === "replace") assertEquals(code, "ok");
              else assertEquals(["ok", "stream_open"].includes(code), true);
            }));
          };
          await begin(false);
          await begin(true);
          const streams = [...streamsOf(await logOf(pair.a, channel))];
          const stopping = streams.filter(([id]) =>
            all[Number(id)]?.mode === "replace"
          );
          const open = streams.filter(([, end]) => end === "open");
          assertEquals(open, [stopping.at(-1) ?? streams[0]]);
        }),
        { numRuns: 60 },
      );
    });

    it("are refused because of a stream that the other gateway began, or stop it", async () => {
      const { a, b } = pair;
      const first = producerOf(a, "apart", "1");
      await first("start");
      const refuse = { other_streams: "refuse" };
      const refused = producerOf(b, "apart", "2");
      assertEquals(codeOf(await refused("start", refuse)), "stream_open");
      const stopping = producerOf(b, "apart", "3");
      const stop = { other_streams: "replace" };
      assertEquals(codeOf(await stopping("start", stop)), "ok");
      await until(async () => codeOf(await first("chunk")) !== "ok");
      assertEquals(codeOf(await first("chunk")), "stream_stopped");
    });

    it("go on where their producer comes back at the other gateway, after an answer that was lost", async () => {
      const { a, b } = pair;
      for (const other_streams of ["keep", "refuse", "replace"]) {
        const channel = `retry-${other_streams}`;
        const fields = { producer: "p", key: "0", other_streams, join: true };
        const started = await producerOf(a, channel, "1")("start", fields);
        const line = producerOf(b, channel, "1");
        assertEquals(await line("start", fields), started);
        assertEquals(codeOf(await line("end")), "ok");
        const log = await logOf(a, channel);
        assertEquals(log.map(({ id }) => id)[0], started.id);
        assertEquals([...streamsOf(log)], [["1", undefined]]);
      }
    });

    it("join the one that another producer began with the same key at the same moment", async () => {
      for (const other_streams of ["keep", "refuse", "replace"]) {
        for (let round = 0; round < 20; round++) {
          const channel = `join-${other_streams}-${round}`;
          await prepare(channel, round);
          const answers = await Promise.all(
            [pair.a, pair.b].map((gateway) =>
              producerOf(gateway, channel, "1")("start", {
                producer: crypto.randomUUID(),
                key: "0",
                other_streams,
                join: true,
              })
            ),
          );
          assertEquals(answers.map(codeOf).sort(), ["ok", "stream_open"]);
          const log = await logOf(pair.a, channel);
          const [start, ...rest] = log.filter(({ topic }) => topic === "t");
          assertEquals(answers.map(({ id }) => id), [start?.id, start?.id]);
          assertEquals(rest, []);
        }
      }
    });
  });
}

for (const broker of PAIR_BROKERS) describePair(broker);

/** Brokers of two gateways that append a start only when both gateways want to append one: neither can know of the other's before. */
function meetingCluster(): Cluster {
  const memory = new MemoryBroker();
  const share = shareBroker(memory);
  let waiting: Array<() => void> = [];
  function broker(): Broker {
    const broker = share();
    return {
      ...broker,
      async publish(channel, messages, ...rest) {
        if (messages[0]?.kind === "datastream-start") {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (waiting.length < 2) return;
            for (const go of waiting) go();
            waiting = [];
          });
        }
        return await broker.publish(channel, messages, ...rest);
      },
    };
  }
  return { broker, close: () => memory.close() };
}

describe("Streams that begin alone, of which no gateway knows the other's when it appends its own", () => {
  for (const mode of ["refuse", "replace"]) {
    it(`leave one open: ${mode}`, async () => {
      const { broker, close } = meetingCluster();
      await using a = await startGateway({ broker: broker() });
      await using b = await startGateway({ broker: broker() });
      const fields = { other_streams: mode };
      const codes = await Promise.all(
        [a, b].map(async (gateway, i) =>
          codeOf(await producerOf(gateway, "c", `${i}`)("start", fields))
        ),
      );
      const streams = [...streamsOf(await logOf(a, "c"))];
      assertEquals(streams.length, 2);
      const isOpen = streams.map(([, end]) => end === "open");
      if (mode === "refuse") {
        assertEquals(codes.toSorted(), ["ok", "stream_open"]);
        assertEquals(isOpen, [true, false]);
      } else {
        assertEquals(codes, ["ok", "ok"]);
        assertEquals(isOpen, [false, true]);
      }
      await close();
    });
  }
});

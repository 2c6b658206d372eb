import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Ledger } from "../bench/chaos/ledger.ts";
import { Observation } from "../bench/chaos/observation.ts";
import { emptyVerdict, judge } from "../bench/chaos/oracle.ts";
import { Truth } from "../bench/chaos/truth.ts";
import { MemoryBroker } from "../server/mod.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import {
  LogModel,
  type ModelMessage,
  type ModelSince,
  type ModelStart,
  offsetOf,
} from "./support/log_model.ts";
import { batch, postJson } from "./support/publish.ts";
import {
  connectRaw,
  type RawClient,
  type RawTransport,
} from "./support/raw_client.ts";
import { type Ready, tokenFor } from "./support/wire.ts";

const TOPICS = ["a", "b", "c"];
const SIZE = 8;
const TTL_S = 60;
const CLIENTS = 3;

/** What happens to a channel, one after the other. */
type Step =
  | { readonly do: "publish"; readonly topics: readonly string[] }
  | { readonly do: "wait"; readonly seconds: number }
  | {
    readonly do: "subscribe";
    readonly client: number;
    readonly transport: RawTransport;
    readonly topics: readonly string[];
    readonly since: ModelSince;
  }
  | {
    readonly do: "add";
    readonly client: number;
    readonly topics: readonly string[];
    readonly since: ModelSince;
  }
  | { readonly do: "leave"; readonly client: number }
  | {
    readonly do: "resume";
    readonly client: number;
    readonly transport: RawTransport;
  };

const client = fc.nat(CLIENTS - 1);
const transport = fc.constantFrom<RawTransport>("websocket", "sse");
const topics = fc.subarray(TOPICS, { minLength: 1 });
const since: fc.Arbitrary<ModelSince> = fc.oneof(
  fc.constantFrom({ from: "live" }, { from: "start" }, { from: "stranger" }),
  fc.record({
    from: fc.constant("last"),
    count: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ from: fc.constant("id"), offset: fc.nat(40) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("publish"), topics }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      seconds: fc.constantFrom(1, 20, TTL_S - 1, TTL_S),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("subscribe"),
      client,
      transport,
      topics,
      since,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("add"), client, topics, since }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave"), client }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("resume"), client, transport }),
  },
);

/** A client in the model: what it reads, and up to where it has it. */
interface Seat {
  topics: readonly string[];
  /** The offset that it would resume from. */
  position: number;
  connection: RawClient | undefined;
}

/** Plays steps on the gateway and in the model, and compares whatever anybody gets. */
class Play implements AsyncDisposable {
  readonly #gateway: TestGateway;
  readonly #channel: string;
  readonly #clock: { now: number };
  readonly #model = new LogModel(SIZE, TTL_S * 1000);
  readonly #seats = new Map<number, Seat>();
  #epoch = "";
  #refs = 0;
  /** Keeps the channel in use: an idle one is forgotten when its messages are. */
  #holder: RawClient | undefined;

  constructor(gateway: TestGateway, channel: string, clock: { now: number }) {
    this.#gateway = gateway;
    this.#channel = channel;
    this.#clock = clock;
  }

  async run(steps: readonly Step[]): Promise<void> {
    const token = await this.#token(["holder"]);
    this.#holder = await connectRaw(this.#gateway, "websocket", { token });
    const position = this.#holder.ready.channels[0]?.position ?? "";
    this.#epoch = position.slice(0, 8);
    assertEquals(position, `${this.#epoch}-0`);
    for (const step of steps) await this.#step(step);
    // Whoever is there gets this next: nobody has anything left over.
    await this.#publish(TOPICS);
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case "publish":
        return await this.#publish(step.topics);
      case "wait":
        this.#clock.now += step.seconds * 1000;
        return;
      case "leave":
        return await this.#leave(step.client);
      case "subscribe":
        return await this.#subscribe(step);
      case "add":
        return await this.#add(step);
      case "resume": {
        const seat = this.#seats.get(step.client);
        if (!seat) return;
        const since = { from: "id", offset: seat.position } as const;
        return await this.#subscribe({ ...step, ...seat, since });
      }
    }
  }

  async #publish(topics: readonly string[]): Promise<void> {
    const added = this.#model.publish(topics, this.#clock.now);
    const { ids } = await postJson(this.#gateway, {
      channel: this.#channel,
      topic: topics,
      body: String(this.#model.top),
    });
    assertEquals(ids, added.map(({ offset }) => `${this.#epoch}-${offset}`));
    for (const seat of this.#seats.values()) {
      if (!seat.connection) continue;
      await this.#expect(seat.connection, seat, added);
    }
  }

  async #subscribe({ client, transport, topics, since }: {
    readonly client: number;
    readonly transport: RawTransport;
    readonly topics: readonly string[];
    readonly since: ModelSince;
  }): Promise<void> {
    await this.#leave(client);
    const start = this.#model.start(new Set(topics), since, this.#clock.now);
    const token = await this.#token(topics);
    const text = this.#text(since);
    const connection = await connectRaw(this.#gateway, transport, {
      token,
      ...(text === undefined ? {} : { since: text }),
    });
    const seat: Seat = { topics, position: start.position, connection };
    this.#seats.set(client, seat);
    this.#expectReady(connection.ready, start, topics);
    await this.#expectGap(connection, start, text);
    await this.#expect(connection, seat, start.messages);
  }

  /** Subscribes to more on a connection that has something already, or to the same from elsewhere. */
  async #add({ client, topics, since }: {
    readonly client: number;
    readonly topics: readonly string[];
    readonly since: ModelSince;
  }): Promise<void> {
    const seat = this.#seats.get(client);
    const { connection } = seat ?? {};
    if (!seat || !connection?.subscribe) return;
    const start = this.#model.start(new Set(topics), since, this.#clock.now);
    const text = this.#text(since);
    const ref = `ref-${++this.#refs}`;
    await connection.subscribe(await this.#token(topics), ref, text);
    const { kind, data, ...frame } = await connection.next();
    assertEquals({ kind, ref: frame.ref }, { kind: "ready", ref });
    this.#expectReady(data as Ready, start, topics);
    seat.topics = [...new Set([...seat.topics, ...topics])];
    await this.#expectGap(connection, start, text);
    await this.#expect(connection, seat, start.messages);
  }

  #expectReady(
    ready: Ready,
    { position, recovered }: ModelStart,
    topics: readonly string[],
  ): void {
    assertEquals(ready.channels, [{
      channel: this.#channel,
      topics: [...topics],
      position: this.#id(position),
      ...(recovered === undefined ? {} : { recovered }),
    }]);
  }

  async #expectGap(
    connection: RawClient,
    { gapBefore }: ModelStart,
    since: string | undefined,
  ): Promise<void> {
    if (gapBefore === undefined) return;
    const { kind, channel, data } = await connection.next();
    assertEquals({ kind, channel, data }, {
      kind: "gap",
      channel: this.#channel,
      data: { after: since, before: this.#id(gapBefore) },
    });
  }

  /** Takes exactly what is due of these messages. */
  async #expect(
    connection: RawClient,
    seat: Seat,
    messages: readonly ModelMessage[],
  ): Promise<void> {
    const due = messages.filter(({ topic }) => seat.topics.includes(topic));
    const frames = await connection.take(due.length);
    assertEquals(
      frames.map((frame) => ({
        kind: frame.kind,
        topic: frame.topic,
        offset: offsetOf(frame),
      })),
      due.map(({ topic, offset }) => ({ kind: "data", topic, offset })),
    );
    seat.position = Math.max(seat.position, due.at(-1)?.offset ?? 0);
  }

  async #leave(client: number): Promise<void> {
    const seat = this.#seats.get(client);
    await seat?.connection?.[Symbol.asyncDispose]();
    if (seat) seat.connection = undefined;
  }

  #token(topics: readonly string[]): Promise<string> {
    return tokenFor(
      this.#gateway,
      topics.map((topic) => `${this.#channel}/${topic}`),
    );
  }

  #id(offset: number): string {
    return `${this.#epoch}-${offset}`;
  }

  #text(since: ModelSince): string | undefined {
    switch (since.from) {
      case "live":
        return undefined;
      case "start":
        return "start";
      case "stranger":
        return "zzzzzzzz-7";
      case "last":
        return `last:${since.count}`;
      case "id":
        return this.#id(since.offset);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#seats.keys()) await this.#leave(client);
    await this.#holder?.[Symbol.asyncDispose]();
  }
}

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

  it("gives everyone what its model gives, whatever is published, forgotten, subscribed to and resumed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        async (steps) => {
          await using play = new Play(gateway, `model-${++channels}`, clock);
          await play.run(steps);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is read without a loss, a repetition or a silent gap by those who come and go while it is written and trimmed", async () => {
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
      { numRuns: 40 },
    );
  });
});

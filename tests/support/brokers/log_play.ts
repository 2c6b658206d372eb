import { assertEquals } from "@std/assert";
import type { TestGateway } from "../gateway/gateway.ts";
import {
  LogModel,
  type ModelMessage,
  type ModelSince,
  type ModelStart,
  offsetOf,
} from "./log_model.ts";
import { type Step, TOPICS, TTL_S } from "./log_steps.ts";
import { postJson } from "../wire/publish.ts";
import {
  connectRaw,
  type RawClient,
  type RawTransport,
} from "../wire/raw_client.ts";
import { type Ready, tokenFor } from "../wire/websocket.ts";

/** How many messages the log keeps. */
export const SIZE = 8;

/** A client in the model: its topics and its position. */
interface Seat {
  topics: readonly string[];
  /** The offset from which it would resume. */
  position: number;
  connection: RawClient | undefined;
}

/** Plays steps on the gateway and in the model, and compares what every client gets. */
export class Play implements AsyncDisposable {
  readonly #gateway: TestGateway;
  readonly #channel: string;
  readonly #clock: { now: number };
  readonly #model = new LogModel(SIZE, TTL_S * 1000);
  readonly #seats = new Map<number, Seat>();
  #epoch = "";
  #refs = 0;
  /** A client that keeps the channel in use: the gateway forgets an idle channel together with its messages. */
  #holder: RawClient | undefined;

  /**
   * @param clock The clock of the gateway's log, in milliseconds.
   */
  constructor(gateway: TestGateway, channel: string, clock: { now: number }) {
    this.#gateway = gateway;
    this.#channel = channel;
    this.#clock = clock;
  }

  /** Plays all steps. */
  async run(steps: readonly Step[]): Promise<void> {
    const token = await this.#token(["holder"]);
    this.#holder = await connectRaw(this.#gateway, "websocket", { token });
    const position = this.#holder.ready.channels[0]?.position ?? "";
    this.#epoch = position.slice(0, 8);
    assertEquals(position, `${this.#epoch}-0`);
    for (const step of steps) await this.#step(step);
    // Every client gets these messages next, so none has anything left over.
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

  /** Adds topics to a connection that has some already, or the same topics from another position. */
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

  /** Takes exactly those messages that are of the client's topics. */
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
      case "ahead":
        return this.#id(Math.max(0, this.#model.top + since.by));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#seats.keys()) await this.#leave(client);
    await this.#holder?.[Symbol.asyncDispose]();
  }
}

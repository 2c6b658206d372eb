import { subscribe } from "../../core/subscribe/subscribe.ts";
import { mintToken } from "../../core/protocol/mint_token.ts";
import type { Plan, Sabotage, Transport } from "./client_protocol.ts";
import { digestOf } from "./ledger.ts";
import { Observation } from "./observation.ts";
import { pieceOf, TOPIC } from "./publisher.ts";

/** What all subscribers of a process share. */
export interface SubscriberHost {
  readonly url: string;
  readonly signingKey: string;
  readonly transport: Transport;
  /** Gets how long each message took. */
  readonly onLatency: (ms: number) => void;
}

/** Keeps what clients got, for comparing it. */
const MAX_LISTED = 2_000;

/** A message as two clients should get it. */
export interface ListedMessage {
  readonly id: string;
  readonly kind: string;
  readonly data: unknown;
}

interface Message extends ListedMessage {
  readonly stream?: AsyncIterable<unknown>;
}

/** The index of the message with which sabotage is done. */
const SABOTAGED = 3;

/** One subscription by the module's own client, with everything that it saw. */
export class Subscriber {
  readonly channel: string;
  readonly observation: Observation = new Observation();
  /** The messages themselves, as many as are kept. */
  readonly list: ListedMessage[] = [];
  /** How it stands, as the client says. */
  state = "idle";
  opened = 0;
  /** When it tried to connect, in milliseconds of the process's own clock. */
  readonly attempts: number[] = [];
  tokens = 0;
  /** The code of the error that ended it. */
  failure: string | undefined;
  readonly errors: string[] = [];
  /** Data streams that came as they were published, and those that did not. */
  wholeStreams = 0;
  brokenStreams = 0;
  readonly #plan: Plan;
  readonly #host: SubscriberHost;
  readonly #hangUp = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #isClosed = false;
  #held: { id: string; digest: number } | undefined;
  #wake: Array<() => void> = [];

  constructor(host: SubscriberHost, plan: Plan, channel: string) {
    this.#host = host;
    this.#plan = plan;
    this.channel = channel;
  }

  /** Whether it was closed from here. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** From where on everything is due to it. */
  get dueAfter(): string | undefined {
    const { from, isTrimmed } = this.#plan;
    if (from === "start") return isTrimmed ? "first" : undefined;
    return typeof from === "string" && from !== "live" ? from : "first";
  }

  /** Up to where everything is due to it, where it was closed: the last that it took. */
  get dueUntil(): string | undefined {
    return this.#isClosed
      ? this.observation.last ?? this.dueAfter ?? "first"
      : undefined;
  }

  /** Subscribes; resolves when the gateway accepted. */
  async open(): Promise<void> {
    const { from, isStatic, isShared = false } = this.#plan;
    const token = () => this.#token();
    const stream = await subscribe(isStatic ? await token() : token, {
      from,
      transport: this.#host.transport,
      multiplex: isShared,
      signal: this.#hangUp.signal,
      onGap: (gap) => {
        this.observation.gap(gap);
        this.#notify();
      },
      onError: ({ code }) => {
        this.errors.push(code);
      },
      onState: (state, error) => {
        this.state = state;
        if (state === "open") this.opened++;
        if (state === "connecting") this.attempts.push(performance.now());
        if (error) this.failure = error.code;
        this.#notify();
      },
    });
    this.#ended = this.#read(stream);
  }

  /** Resolves when a condition holds, which is looked at whenever something happened. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Another one, which takes up where this one stopped. */
  successor(): Subscriber {
    const from = this.observation.last ?? this.#plan.from;
    return new Subscriber(this.#host, { ...this.#plan, from }, this.channel);
  }

  /** Ends it; resolves when its stream did. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hangUp.abort();
    await this.#ended;
  }

  async #token(): Promise<
    { channel: string; topics: string[]; key: string; apiBaseUrl: string }
  > {
    this.tokens++;
    const { sessionSeconds } = this.#plan;
    const key = await mintToken(this.#host.signingKey, {
      topics: [{ channel: this.channel, name: TOPIC }],
      ...(sessionSeconds === undefined
        ? {}
        : { expiresIn: sessionSeconds, sessionExpiresIn: sessionSeconds }),
    });
    const { url } = this.#host;
    return { channel: this.channel, topics: [TOPIC], key, apiBaseUrl: url };
  }

  async #read(
    messages: AsyncIterable<Message>,
  ): Promise<void> {
    try {
      for await (const { id, kind, data, stream } of messages) {
        const { t } = Object(data);
        if (typeof t === "number") {
          this.#host.onLatency(performance.timeOrigin + performance.now() - t);
        }
        if (this.list.length < MAX_LISTED) this.list.push({ id, kind, data });
        if (kind === "datastream-start" && stream) void this.#follow(stream);
        this.#record(id, digestOf(kind, data), this.#plan.sabotage);
        this.#notify();
      }
    } catch (error) {
      this.failure ??= String(Object(error).code);
    }
    this.#notify();
  }

  /** Reads a data stream to its end: each piece once, in order, and all of them. */
  async #follow(stream: AsyncIterable<unknown>): Promise<void> {
    let next = 0;
    let isWhole = true;
    let count = "0";
    try {
      for await (const piece of stream) {
        const [id = "", , of = ""] = String(piece).split(" ");
        isWhole &&= piece === pieceOf(id, next++, Number(of));
        count = of;
      }
      isWhole &&= next === Number(count);
    } catch {
      // A gap ended it, or the subscription was closed.
      isWhole = this.#isClosed;
    }
    if (isWhole) this.wholeStreams++;
    else this.brokenStreams++;
  }

  #record(id: string, digest: number, sabotage: Sabotage | undefined): void {
    const at = this.observation.received;
    if (sabotage !== undefined && at === SABOTAGED && !this.#held) {
      this.#held = { id, digest };
      if (sabotage !== "duplicate") return;
      this.observation.message(id, digest);
    }
    this.observation.message(id, digest);
    if (sabotage === "reorder" && this.#held && at === SABOTAGED) {
      this.observation.message(this.#held.id, this.#held.digest);
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

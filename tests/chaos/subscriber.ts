import { subscribe } from "../../core/subscribe/subscribe.ts";
import { mintToken } from "../../core/protocol/mint_token.ts";
import type { Plan, Sabotage, Transport } from "./client_protocol.ts";
import { digestOf } from "./ledger.ts";
import { Observation } from "./observation.ts";
import { pieceOf, piecesIn } from "./publisher.ts";
import { TOPIC } from "../support/topic.ts";

/** The settings that all subscribers of a process share. */
export interface SubscriberHost {
  readonly url: string;
  readonly signingKey: string;
  readonly transport: Transport;
  /** Called with the latency of each message. */
  readonly onLatency: (ms: number) => void;
}

/** How many messages a subscriber keeps for comparisons. */
const MAX_LISTED = 2_000;

/** The fields of a message that are the same for every client. */
export interface ListedMessage {
  readonly id: string;
  readonly kind: string;
  readonly data: unknown;
}

interface Message extends ListedMessage {
  readonly stream?: AsyncIterable<unknown>;
}

/** The index of the message whose record is falsified. */
const SABOTAGED = 3;

/** A subscription of the module's own client, and a record of everything that it received. */
export class Subscriber {
  readonly channel: string;
  readonly observation: Observation = new Observation();
  /** The first messages. */
  readonly list: ListedMessage[] = [];
  /** The state that the client reported last. */
  state = "idle";
  opened = 0;
  /** When it tried to connect, by `performance.now()`. */
  readonly attempts: number[] = [];
  tokens = 0;
  /** The code of the error that ended it. */
  failure: string | undefined;
  readonly errors: string[] = [];
  /** Data streams that arrived complete and in order, and the others. */
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

  /** Whether {@linkcode Subscriber.close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The id after which it must receive every message. */
  get dueAfter(): string | undefined {
    const { from, isTrimmed } = this.#plan;
    if (from === "start") return isTrimmed ? "first" : undefined;
    return typeof from === "string" && from !== "live" ? from : "first";
  }

  /** The id up to which it must receive every message: the last one that it read, if it was closed. */
  get dueUntil(): string | undefined {
    return this.#isClosed
      ? this.observation.last ?? this.dueAfter ?? "first"
      : undefined;
  }

  /** Subscribes; resolves when the gateway has accepted the subscription. */
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
      onState: (state, { error }) => {
        this.state = state;
        if (state === "open") this.opened++;
        if (state === "connecting") this.attempts.push(performance.now());
        if (state === "failed") this.failure = error?.code;
        this.#notify();
      },
    });
    this.#ended = this.#read(stream);
  }

  /** Resolves when a condition holds. It is evaluated at each event of the subscription. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Returns a new subscriber that continues after the last message of this one. */
  successor(): Subscriber {
    const from = this.observation.last ?? this.#plan.from;
    return new Subscriber(this.#host, { ...this.#plan, from }, this.channel);
  }

  /** Ends the subscription; resolves when its stream has ended. */
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
        const pieces = kind === "chunk" ? piecesIn(String(data)) : [data];
        const digests = pieces.map((piece) => digestOf(kind, piece));
        const last = digests.pop() ?? NaN;
        this.#record(id, last, this.#plan.sabotage, digests);
        this.#notify();
      }
    } catch (error) {
      this.failure ??= String(Object(error).code);
    }
    this.#notify();
  }

  /** Reads a data stream and checks that every piece arrives once and in order. */
  async #follow(stream: AsyncIterable<unknown>): Promise<void> {
    let next = 0;
    let isWhole = true;
    let count = "0";
    try {
      for await (const text of stream) {
        for (const piece of piecesIn(String(text))) {
          const [id = "", , of = ""] = piece.split(" ");
          isWhole &&= piece === pieceOf(id, next++, Number(of));
          count = of;
        }
      }
      isWhole &&= next === Number(count);
    } catch {
      // Only closing the subscription may end a stream early; a gap may not.
      isWhole = this.#isClosed;
    }
    if (isWhole) this.wholeStreams++;
    else this.brokenStreams++;
  }

  #record(
    id: string,
    digest: number,
    sabotage: Sabotage | undefined,
    earlier: readonly number[],
  ): void {
    const at = this.observation.received;
    if (sabotage !== undefined && at === SABOTAGED && !this.#held) {
      this.#held = { id, digest };
      if (sabotage !== "duplicate") return;
      this.observation.message(id, digest, earlier);
    }
    this.observation.message(id, digest, earlier);
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

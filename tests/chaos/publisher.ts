import { Buffer } from "node:buffer";
import { pause } from "../../core/time/backoff.ts";
import { TOPIC } from "../support/topic.ts";
import { digestOf, type Ledger } from "./ledger.ts";

/** Options of a publisher. */
export interface PublisherOptions {
  url: string;
  readonly signingKey: string;
  readonly ledger: Ledger;
  /**
   * The topic to publish to.
   *
   * @default {TOPIC}
   */
  readonly topic?: string;
  /**
   * The time limit of an attempt in milliseconds.
   *
   * @default {5000}
   */
  attemptMs?: number;
}

/** A load: messages published at a rate, for some time. */
export interface Load {
  readonly channels: readonly string[];
  /** Messages per second, in all lanes together. */
  readonly rate: number;
  readonly seconds: number;
  /**
   * The number of publishers, each of which sends one request after the other.
   *
   * @default {8}
   */
  readonly lanes?: number;
  /**
   * Messages in one request.
   *
   * @default {1}
   */
  readonly batch?: number;
  /**
   * The chunks of each data stream that is published between the messages.
   *
   * @default {0, no streams}
   */
  readonly streams?: number;
  /**
   * Characters that are added to each message.
   *
   * @default {0}
   */
  readonly padding?: number;
  /** Ends the load early. */
  readonly signal?: AbortSignal;
}

/** A lane publishes a data stream after this number of requests. */
const STREAM_EVERY = 20;

/** How long a publish is retried. */
const RETRY_MS = 60_000;

interface Outgoing {
  readonly channel: string;
  readonly data: unknown;
  readonly key: string;
  readonly kind: string;
  readonly stream_id?: string;
}

/** Publishes over HTTP, retries with the same idempotency key, and records acknowledgements in a ledger. */
export class Publisher {
  readonly options: PublisherOptions;
  /** Messages that were not acknowledged in time. */
  abandoned = 0;
  /** Attempts that failed and were retried. */
  retries = 0;
  /** The prefix of its idempotency keys, which no other publisher uses. */
  readonly #prefix = crypto.randomUUID();
  #count = 0;
  #lanes = 0;
  #running = 0;
  #wake: Array<() => void> = [];

  constructor(options: PublisherOptions) {
    this.options = options;
  }

  /** Publishes a load; resolves when every message is acknowledged or no longer retried. */
  async run(load: Load): Promise<void> {
    const { lanes = 8 } = load;
    this.#running++;
    try {
      await Promise.all(
        Array.from(
          { length: lanes },
          (_, lane) => this.#lane(load, lane, lanes),
        ),
      );
    } finally {
      this.#running--;
      this.#notify();
    }
  }

  /** Resolves when some more messages are acknowledged, or the load has ended. */
  async acknowledged(count: number): Promise<void> {
    const target = this.options.ledger.size + count;
    while (this.options.ledger.size < target && this.#running > 0) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Publishes a message to each channel. */
  async once(channels: readonly string[], data: object = {}): Promise<void> {
    if (channels.length === 0) return;
    await this.#send(
      this.#ownLane(),
      channels.map((channel) => this.#make(channel, data)),
    );
  }

  /** Publishes messages to a channel as fast as the gateway accepts them. */
  async burst(channel: string, count: number, padding = 0): Promise<void> {
    const lane = this.#ownLane();
    const PER_REQUEST = Math.max(1, Math.floor(200_000 / (padding + 200)));
    for (let sent = 0; sent < count; sent += PER_REQUEST) {
      const length = Math.min(PER_REQUEST, count - sent);
      const extra = pad(padding);
      await this.#send(
        lane,
        Array.from({ length }, () => this.#make(channel, extra)),
      );
    }
  }

  async #lane(load: Load, lane: number, lanes: number): Promise<void> {
    const { channels, rate, seconds, batch = 1, padding = 0, signal } = load;
    const periodMs = 1000 * lanes * batch / rate;
    const start = performance.now() + periodMs * lane / lanes;
    const end = performance.now() + seconds * 1000;
    const extra = pad(padding);
    for (let round = 0;; round++) {
      const due = start + round * periodMs;
      if (due >= end || signal?.aborted) return;
      const early = due - performance.now();
      if (early > 0) await pause(early, signal);
      // Messages that are late are not sent after the end of the load.
      if (performance.now() >= end || signal?.aborted) return;
      const messages = Array.from({ length: batch }, (_, i) => {
        const channel = channels[(round * batch + i + lane) % channels.length];
        return this.#make(channel ?? "", extra);
      });
      await this.#send(lane, messages, signal);
      if (load.streams && round % STREAM_EVERY === 0) {
        await this.#stream(load, messages[0]?.channel ?? "", lane);
      }
    }
  }

  /** Returns a new lane for messages beside those of a load. */
  #ownLane(): number {
    return -++this.#lanes;
  }

  #notify(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }

  #make(channel: string, extra: object): Outgoing {
    const n = ++this.#count;
    const data = { n, t: performance.timeOrigin + performance.now(), ...extra };
    return { channel, data, key: `${this.#prefix}-${n}`, kind: "data" };
  }

  /** Publishes a data stream, one chunk a request. */
  async #stream(
    { streams = 0 }: Load,
    channel: string,
    lane: number,
  ): Promise<void> {
    const id = crypto.randomUUID();
    const pieces = Array.from(
      { length: streams },
      (_, piece) => ["chunk", pieceOf(id, piece, streams)] as const,
    );
    for (
      const [kind, data] of [
        ["datastream-start", id] as const,
        ...pieces,
        ["datastream-end", id] as const,
      ]
    ) {
      const key = `${this.#prefix}-${++this.#count}`;
      await this.#send(lane, [{ channel, data, key, kind, stream_id: id }]);
    }
  }

  async #send(
    lane: number,
    messages: readonly Outgoing[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { ledger, topic = TOPIC } = this.options;
    const deadline = performance.now() + RETRY_MS;
    for (let attempt = 0;; attempt++) {
      try {
        const ids = await this.#post(messages);
        ids.forEach((id, i) => {
          const { channel = "", data, kind = "" } = messages[i] ?? {};
          if (topic === TOPIC) {
            ledger.acknowledge(channel, id, digestOf(kind, data), lane);
          } else ledger.passBy(channel, id);
        });
        this.#notify();
        return;
      } catch (error) {
        if (!(error instanceof Refused)) {
          for (const { channel, data, kind } of messages) {
            ledger.doubt(channel, digestOf(kind, data));
          }
        }
        if (performance.now() > deadline || signal?.aborted) {
          this.abandoned += messages.length;
          return;
        }
        this.retries++;
        await pause(Math.min(500, 25 * 2 ** attempt), signal);
      }
    }
  }

  /** Posts messages and returns their ids. */
  async #post(messages: readonly Outgoing[]): Promise<string[]> {
    const { url, signingKey, topic = TOPIC, attemptMs = 5_000 } = this.options;
    const [first] = messages;
    const authorization = `Bearer ${signingKey}`;
    const signal = AbortSignal.timeout(attemptMs);
    if (messages.length === 1 && first?.kind === "data") {
      const query = new URLSearchParams({ channel: first.channel, topic });
      const text = await read(
        await fetch(`${url}/v1/realtime/publish?${query}`, {
          method: "POST",
          headers: { authorization, "idempotency-key": first.key },
          body: JSON.stringify(first.data),
          signal,
        }),
      );
      return [idOf(text)];
    }
    const lines = messages.map((message) =>
      JSON.stringify({ ...message, topic })
    );
    const text = await read(
      await fetch(`${url}/v1/realtime/publish/batch`, {
        method: "POST",
        headers: { authorization },
        body: Buffer.from(lines.join("\n")),
        signal,
      }),
    );
    return text.trimEnd().split("\n").map(idOf);
  }
}

/** The gateway refused a message, so it is not in the log. */
class Refused extends Error {}

async function read(response: Response): Promise<string> {
  const text = await response.text();
  if (response.ok) return text;
  const reason = `The gateway answered ${response.status}: ${text}`;
  // After these statuses the message may be in the log or not.
  if (response.status > 500) throw new Error(reason);
  throw new Refused(reason);
}

function idOf(json: string): string {
  const { id, error } = JSON.parse(json);
  if (typeof id === "string") return id;
  const reason = `The gateway answered ${JSON.stringify(error)}`;
  if (error?.code === "unavailable") throw new Error(reason);
  throw new Refused(reason);
}

/** Returns a piece of a data stream: a line with its number and the number of all pieces. */
export function pieceOf(stream: string, piece: number, of: number): string {
  return `${stream} ${piece} ${of}\n`;
}

/** Returns the pieces that a text consists of, after a gateway has joined some. */
export function piecesIn(text: string): string[] {
  return text.split(/(?<=\n)/);
}

function pad(length: number): object {
  return length > 0 ? { pad: "x".repeat(length) } : {};
}

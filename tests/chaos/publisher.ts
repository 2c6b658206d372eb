import { Buffer } from "node:buffer";
import { pause } from "../../core/time/backoff.ts";
import { TOPIC } from "../support/topic.ts";
import { digestOf, type Ledger } from "./ledger.ts";

/** What a publisher publishes, and where. */
export interface PublisherOptions {
  url: string;
  readonly signingKey: string;
  readonly ledger: Ledger;
  /**
   * The topic.
   *
   * @default {TOPIC}
   */
  readonly topic?: string;
  /**
   * Milliseconds that an attempt may take.
   *
   * @default {5000}
   */
  attemptMs?: number;
}

/** How to publish for a while. */
export interface Load {
  readonly channels: readonly string[];
  /** Messages in a second, all lanes together. */
  readonly rate: number;
  readonly seconds: number;
  /**
   * How many publishers there are, each of which sends one request after the other.
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
   * Chunks of the data streams that are published between the messages.
   *
   * @default {0, no streams}
   */
  readonly streams?: number;
  /**
   * Characters in each message beyond what is needed to tell it.
   *
   * @default {0}
   */
  readonly padding?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** How many requests a lane makes from one data stream to the next. */
const STREAM_EVERY = 20;

/** How long a message is tried before its publisher gives up. */
const GIVE_UP_MS = 60_000;

interface Outgoing {
  readonly channel: string;
  readonly data: unknown;
  readonly key: string;
  readonly kind: string;
  readonly stream_id?: string;
}

/** Publishes over HTTP, repeats what failed with the same key, and writes into a ledger what was acknowledged. */
export class Publisher {
  readonly options: PublisherOptions;
  /** Messages that were given up. */
  abandoned = 0;
  /** Attempts that had to be repeated. */
  retries = 0;
  /** Begins its keys: they are its own. */
  readonly #name = crypto.randomUUID();
  #count = 0;
  #lanes = 0;
  #running = 0;
  #wake: Array<() => void> = [];

  constructor(options: PublisherOptions) {
    this.options = options;
  }

  /** Publishes at a rate for some seconds; resolves when everything is acknowledged or given up. */
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

  /** Resolves when so many more messages are acknowledged, or nothing is published any more. */
  async acknowledged(count: number): Promise<void> {
    const target = this.options.ledger.size + count;
    while (this.options.ledger.size < target && this.#running > 0) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Publishes messages, one to each channel. */
  async once(channels: readonly string[], data: object = {}): Promise<void> {
    if (channels.length === 0) return;
    await this.#send(
      this.#ownLane(),
      channels.map((channel) => this.#make(channel, data)),
    );
  }

  /** Publishes so many messages to a channel, as fast as the gateway takes them. */
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
      // What could not be sent in time is not made up for after the end.
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

  /** A lane for messages that are sent beside those of a load. */
  #ownLane(): number {
    return -++this.#lanes;
  }

  #notify(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }

  #make(channel: string, extra: object): Outgoing {
    const n = ++this.#count;
    const data = { n, t: performance.timeOrigin + performance.now(), ...extra };
    return { channel, data, key: `${this.#name}-${n}`, kind: "data" };
  }

  /** Publishes a data stream, piece by piece. */
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
      const key = `${this.#name}-${++this.#count}`;
      await this.#send(lane, [{ channel, data, key, kind, stream_id: id }]);
    }
  }

  async #send(
    lane: number,
    messages: readonly Outgoing[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { ledger, topic = TOPIC } = this.options;
    const giveUpAt = performance.now() + GIVE_UP_MS;
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
        if (performance.now() > giveUpAt || signal?.aborted) {
          this.abandoned += messages.length;
          return;
        }
        this.retries++;
        await pause(Math.min(500, 25 * 2 ** attempt), signal);
      }
    }
  }

  /** @returns The ids. */
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

/** The gateway said no: the message is not in its log. */
class Refused extends Error {}

async function read(response: Response): Promise<string> {
  const text = await response.text();
  if (response.ok) return text;
  const reason = `The gateway answered ${response.status}: ${text}`;
  // It, or what stands before it, may not know what became of the message.
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

/** A piece of a data stream, which tells whether it is in its place and how many there are. */
export function pieceOf(stream: string, piece: number, of: number): string {
  return `${stream} ${piece} ${of}`;
}

function pad(length: number): object {
  return length > 0 ? { pad: "x".repeat(length) } : {};
}

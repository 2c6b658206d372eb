import { isTransient } from "../../../core/http/transient.ts";
import { errorBody } from "../../../core/protocol/error_body.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type { Refused } from "../../events/gateway_event.ts";
import { INTERNAL_ERROR } from "../../runtimes/failed.ts";
import {
  isStreamKind,
  type StreamEnvelope,
} from "../../wire/stream_message.ts";
import type { Streams } from "../../streams/streams.ts";
import type { Envelope } from "../../wire/envelope.ts";
import { BatchAnswers } from "./batch_answers.ts";
import { type BatchLine, parseLine } from "./batch_line.ts";
import { FairTurns } from "./fair_turns.ts";
import { type PublishRate, RateLimited } from "../../publish/publish_rates.ts";
import {
  type MessagePublisher,
  REQUEST_BYTES,
} from "../../publish/publisher.ts";
import { traced } from "../../publish/traced_publisher.ts";

/** Maximum number of lines. The module's lines are so long that fewer reach the limit of the body. */
const MAX_LINES = 50_000;

/** How many lines of a batch the broker may have at once, those included that wait for an earlier one of their channel. */
const MAX_UNDER_WAY = 256;

/** How many characters a line counts at least as its share of a turn: the refusal of a line that has only one takes 30 µs. */
const MIN_LINE = 256;

/** A line that was refused: its channel, unless it is malformed. Or, where they were refused together, the number of lines. */
export type RefusedLine = Pick<Refused, "channel" | "lines">;

/** The publisher, the limits and the reporters of a batch. */
export interface BatchOptions {
  readonly publisher: MessagePublisher;
  readonly rate: PublishRate;
  readonly streams: Streams;
  /** The trace of the lines that have none of their own. */
  readonly trace: string | undefined;
  /** Called with the error of each line that is refused; once for all lines that are refused together. */
  readonly refused: (error: RealtimeError, line: RefusedLine) => void;
  /** Called with each unexpected error. The line's publisher learns nothing of it. */
  readonly failed: (error: unknown) => void;
}

/**
 * Publishes the lines of an NDJSON body: those of a channel in order, those of different channels side by side where the broker needs
 * time. It goes on whether its answers are taken or not.
 *
 * A line that fails doesn't stop the others. But where the reason may pass, the channel's further lines get the same error, so that a retry
 * keeps their order; and where the broker is away or the sender may publish no more, all further lines do: they would take as long as the
 * first one.
 *
 * @returns The answers. They are complete already if the broker needed no promise.
 * @throws {RealtimeError} `too_large` for too many lines; nothing is published then.
 */
export function publishBatch(
  options: BatchOptions,
  body: string,
): BatchAnswers {
  const batch = new Batch(options, splitLines(body));
  batch.start();
  return batch.answers;
}

function splitLines(body: string): string[] {
  const lines = body.split("\n", MAX_LINES + 2);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length <= MAX_LINES) return lines;
  const problem = `it has more than ${MAX_LINES} lines`;
  const message = `Cannot publish the batch: ${problem}`;
  throw new RealtimeError("too_large", message);
}

/** A line that the broker has, or that waits for an earlier one of its channel. */
interface LineUnderWay {
  /** Resolves when it has its answer. */
  readonly done: Promise<void>;
  /** Whether a broker has it that keeps the order of the calls. */
  readonly isOrdered: boolean;
}

/** The answer to a line that is under way. */
interface PendingAnswer extends Pick<LineUnderWay, "isOrdered"> {
  readonly answer: Promise<string>;
}

/** The lines of one request on their way to the log. */
class Batch {
  readonly answers = new BatchAnswers();
  readonly #options: BatchOptions;
  /** Publishes the lines that have no trace of their own. */
  readonly #publisher: MessagePublisher;
  readonly #lines: readonly string[];
  readonly #turns = new FairTurns();
  /** The index of the next line to be started. */
  #next = 0;
  /** How many lines were started, which empty ones are not. */
  #started = 0;
  /** How many lines were started and have no answer. */
  #underWay = 0;
  /** The last line of each channel that is under way. */
  readonly #last = new Map<string, LineUnderWay>();
  /** Called when a line that was under way has its answer. */
  #settled: () => void = () => {};
  /** How many characters further lines may append to logs. */
  #charsLeft = REQUEST_BYTES;
  /** The errors that the further lines of some channels get. */
  readonly #held = new Map<string, RealtimeError>();
  /** The error that all further lines get. */
  #outage: RealtimeError | undefined;

  constructor(options: BatchOptions, lines: readonly string[]) {
    this.#options = options;
    this.#publisher = traced(options.publisher, options.trace);
    this.#lines = lines;
  }

  start(): void {
    const wait = this.#startLines();
    if (wait === undefined && this.#underWay === 0) this.answers.complete();
    // It never rejects: each line takes its error.
    else void this.#finish(wait);
  }

  async #finish(wait: Promise<void> | undefined): Promise<void> {
    for (; wait !== undefined; wait = this.#startLines()) await wait;
    while (this.#underWay > 0) await this.#nextSettled();
    this.answers.complete();
  }

  /** Starts lines until none is left. Returns before that only with what has to be awaited, which saves the others a promise each. */
  #startLines(): Promise<void> | undefined {
    while (this.#next < this.#lines.length) {
      if (this.#outage) return this.#refuseRest(this.#outage);
      if (this.#underWay === MAX_UNDER_WAY) return this.#nextSettled();
      const text = this.#lines[this.#next++] ?? "";
      if (text.trim() === "") continue;
      this.#startLine(this.#started++, text);
      const turn = this.#turns.spend(Math.max(text.length, MIN_LINE));
      if (turn) return turn;
    }
    return undefined;
  }

  /** Refuses all lines that were not started, without a look into them. */
  #refuseRest(error: RealtimeError): undefined {
    const lines = this.#lines.slice(this.#next)
      .filter((text) => text.trim() !== "").length;
    this.#next = this.#lines.length;
    if (lines === 0) return undefined;
    this.#options.refused(error, { lines });
    const answers = encodeAnswer(undefined, error).repeat(lines);
    this.answers.add(this.#started++, answers);
  }

  #nextSettled(): Promise<void> {
    return new Promise((resolve) => this.#settled = resolve);
  }

  #startLine(number: number, text: string): void {
    let line: BatchLine;
    try {
      line = parseLine(text, this.#publisher);
    } catch (error) {
      return this.answers.add(number, this.#refuseMalformed(error));
    }
    const last = this.#last.get(line.envelope.channel);
    // The broker keeps messages in order by itself, where it can. A stream's state has to be known before its next message.
    const isOrdered = this.#publisher.keepsCallOrder &&
      !isOfStream(line.envelope);
    const mustWait = last && !(last.isOrdered && isOrdered);
    const answer = mustWait
      ? last.done.then(() => this.#publish(line))
      : this.#publish(line);
    if (answer instanceof Promise) {
      const { channel } = line.envelope;
      const pending = { answer, isOrdered: isOrdered && !mustWait };
      this.#follow(number, channel, pending);
    } else this.answers.add(number, answer);
  }

  /** Keeps the further lines of a channel waiting for a line until it has its answer. */
  #follow(
    number: number,
    channel: string,
    { answer, isOrdered }: PendingAnswer,
  ): void {
    this.#underWay++;
    const done = answer.then((text) => {
      this.answers.add(number, text);
      this.#underWay--;
      if (this.#last.get(channel)?.done === done) this.#last.delete(channel);
      this.#settled();
    });
    this.#last.set(channel, { done, isOrdered });
  }

  /** Publishes a line and returns its answer. It never throws or rejects. */
  #publish(line: BatchLine): MaybePromise<string> {
    const { envelope, topic, data, key, trace } = line;
    const { channel } = envelope;
    const held = this.#outage ?? this.#held.get(channel);
    if (held) return this.#refuse(held, channel);
    try {
      this.#options.rate.spend(1);
      this.#spendChars(line);
      const publisher = trace === undefined
        ? this.#publisher
        : traced(this.#options.publisher, trace);
      if (isOfStream(envelope)) {
        return this.#publishToStream(publisher, line, envelope);
      }
      const ids = publisher.publish(envelope, [topic], data, key);
      return ids instanceof Promise
        ? ids.then(answerOf, (error) => this.#fail(error, channel))
        : answerOf(ids);
    } catch (error) {
      return this.#fail(error, channel);
    }
  }

  /** Publishes a message of a stream and returns its answer. */
  async #publishToStream(
    publisher: MessagePublisher,
    { topic, data, key, otherStreams, join }: BatchLine,
    envelope: StreamEnvelope,
  ): Promise<string> {
    const { channel } = envelope;
    const topics = [topic];
    const options = { key, otherStreams, join, publisher };
    try {
      publisher.require(channel, topics);
      const { streams } = this.#options;
      const sent = await streams.publish(envelope, topics, data, options);
      if (sent.error) this.#options.refused(sent.error, { channel });
      return encodeAnswer(sent.ids[0], sent.error);
    } catch (error) {
      return this.#fail(error, channel);
    }
  }

  /** Counts what a line appends. A number can be longer than in the body: 1e20 has 21 digits. */
  #spendChars({ data, envelope: { metadata = "" } }: BatchLine): void {
    const chars = data.length + metadata.length;
    if (chars > this.#charsLeft) {
      const problem = `the batch exceeds ${REQUEST_BYTES / 1024} KiB`;
      const message = `Cannot publish the line: ${problem}`;
      throw new RealtimeError("too_large", message);
    }
    this.#charsLeft -= chars;
  }

  /** Refuses a line that has no channel. The rate counts it like any other. */
  #refuseMalformed(cause: unknown): string {
    try {
      this.#options.rate.spend(1);
      return this.#refuse(this.#toRealtimeError(cause));
    } catch (limit) {
      return this.#fail(limit);
    }
  }

  /** Refuses a line, and the further ones where its error says so. */
  #fail(cause: unknown, channel?: string): string {
    const error = this.#toRealtimeError(cause);
    if (error.code === "unavailable" || error instanceof RateLimited) {
      this.#outage = error;
    } else if (channel !== undefined && isTransient(error)) {
      this.#held.set(channel, error);
    }
    return this.#refuse(error, channel);
  }

  #refuse(error: RealtimeError, channel?: string): string {
    this.#options.refused(error, { channel });
    return encodeAnswer(undefined, error);
  }

  #toRealtimeError(cause: unknown): RealtimeError {
    if (cause instanceof RealtimeError) return cause;
    this.#options.failed(cause);
    const { code, message } = INTERNAL_ERROR;
    return new RealtimeError(code, message, { cause });
  }
}

function isOfStream(envelope: Envelope): envelope is StreamEnvelope {
  const { kind = "data", streamId } = envelope;
  return streamId !== undefined && isStreamKind(kind);
}

function answerOf([id]: readonly string[]): string {
  return encodeAnswer(id);
}

/** Encodes the answer to a line. A line of a stream that has ended may have both. */
function encodeAnswer(id: string | undefined, error?: RealtimeError): string {
  // An id needs no escapes.
  if (id !== undefined && !error) return `{"id":"${id}"}\n`;
  return JSON.stringify({ id, error: error && errorBody(error) }) + "\n";
}

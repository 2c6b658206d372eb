import { badAnswer } from "../http/json_answer.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { encoder } from "../protocol/names.ts";
import { backoff, pause } from "../time/backoff.ts";
import type { MaybePromise } from "../types/utility.ts";
import { abortedError } from "../http/aborted.ts";
import type { LineAnswer } from "./batch_line.ts";
import type { InContext } from "./keep_context.ts";

/** Maximum number of lines in a request. */
const MAX_LINES = 256;

/** Maximum bytes of the lines in a request. A longer line travels alone. */
const MAX_BYTES = 1024 * 1024;

/**
 * How many turns of the promise queue a batch waits before it leaves, a few microseconds. Callers that were answered just now publish their
 * next messages in these turns, each some functions away from the answer, so that these messages travel with it.
 */
const TURNS = 32;

/** A line of a batch request, as its caller hands it over. */
export interface OutgoingLine {
  readonly channel: string;
  /** The line's JSON. If it is a promise, the line keeps its place before later lines of the channel until the promise resolves. */
  readonly json: MaybePromise<string>;
  /** The beginning of error messages: `Cannot publish to "user:1"`. */
  readonly action: string;
  /** Withdraws the line. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the caller's async context, for `post`. */
  readonly inContext?: InContext;
}

/** How a queue reaches the gateway. */
export interface Outlet {
  /** The beginning of the errors of `post`, which each line replaces by its own: `Cannot publish`. */
  readonly action: string;
  /** How many times a line is sent at most. */
  readonly attempts: number;
  /** Tells whether a failure may pass, so that a line is sent again. */
  mayPass(error: RealtimeError): boolean;
  /**
   * Sends lines in one request, once.
   *
   * @param signal Aborts when no caller waits for an answer any more.
   * @param answered MUST be called with each answer that arrives, in the order of the lines.
   * @param inContext That of the first line, if it has one.
   * @throws {RealtimeError} The failure of the request.
   */
  post(
    lines: readonly string[],
    signal: AbortSignal,
    answered: (answer: LineAnswer) => void,
    inContext: InContext | undefined,
  ): Promise<void>;
}

/** A request, or the pause before one is repeated. */
interface Step {
  /** How many callers wait for it. */
  callers: number;
  readonly controller: AbortController;
}

interface Entry {
  readonly line: OutgoingLine;
  /** Undefined while the line is being prepared. */
  json: string | undefined;
  attempts: number;
  state: "waiting" | "done";
  /** The last answer, if it was a refusal that may pass. */
  refusal: RealtimeError | undefined;
  /** The request or pause that it is a part of. */
  step: Step | undefined;
  readonly settle: (answer: LineAnswer) => void;
}

/**
 * Sends lines to the gateway in batches: a line that is added while no request is under way leaves at once, and lines that are added during
 * a request leave together after it. There is one request at a time, and a line that may be repeated is repeated before later ones, so that
 * the lines of each channel keep their order.
 */
export class PublishQueue {
  readonly #outlet: Outlet;
  /** In the order of the calls. */
  #entries: Entry[] = [];
  #state: "idle" | "running" = "idle";
  /** How many requests in succession had to be repeated. */
  #failures = 0;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /**
   * Adds a line to the end of the queue and resolves with the gateway's answer to it, which may be a refusal, or with the reason why there
   * is none. It never rejects.
   */
  add(line: OutgoingLine): Promise<LineAnswer> {
    const { json, action, signal } = line;
    return new Promise((resolve) => {
      const withdraw = (): void =>
        this.#withdraw(entry, abortedError(action, signal));
      const entry: Entry = {
        line,
        json: typeof json === "string" ? json : undefined,
        attempts: 0,
        state: "waiting",
        refusal: undefined,
        step: undefined,
        settle(answer) {
          signal?.removeEventListener("abort", withdraw);
          resolve(answer);
        },
      };
      if (signal?.aborted) return withdraw();
      signal?.addEventListener("abort", withdraw);
      this.#entries.push(entry);
      if (typeof json !== "string") this.#prepare(entry, json);
      this.#start();
    });
  }

  #prepare(entry: Entry, json: Promise<string>): void {
    json.then(
      (text) => entry.json = text,
      (error) => this.#settle(entry, { error }),
    ).then(() => this.#start());
  }

  #start(): void {
    if (this.#state === "running") return;
    this.#state = "running";
    void this.#run();
  }

  /** Sends batches until no line is ready. */
  async #run(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < TURNS; turn++) await undefined;
      const batch = this.#take();
      if (batch.length === 0) break;
      const again = await this.#send(batch);
      if (again.length === 0) {
        this.#failures = 0;
        continue;
      }
      this.#entries = [...again, ...this.#entries];
      const { signal } = beginStep(again).controller;
      await pause(backoff(this.#failures++), signal);
    }
    this.#state = "idle";
  }

  /** Takes the lines of the next request: the first ones that are ready, unless an earlier one of their channel is not. */
  #take(): Entry[] {
    const batch: Entry[] = [];
    const left: Entry[] = [];
    const held = new Set<string>();
    let bytes = 0;
    let next = 0;
    for (; next < this.#entries.length && batch.length < MAX_LINES; next++) {
      const entry = this.#entries[next];
      if (!entry || entry.state === "done") continue;
      const { json, line: { channel } } = entry;
      if (json === undefined || held.has(channel)) {
        held.add(channel);
        left.push(entry);
        continue;
      }
      bytes += byteLength(json);
      if (bytes > MAX_BYTES && batch.length > 0) break;
      batch.push(entry);
    }
    this.#entries = [...left, ...this.#entries.slice(next)];
    return batch;
  }

  /** Sends a batch; settles the lines that are through and returns those that are to be sent again. */
  async #send(batch: readonly Entry[]): Promise<Entry[]> {
    const { signal } = beginStep(batch).controller;
    const entries = batch.values();
    let failure: RealtimeError | undefined;
    for (const entry of batch) entry.attempts++;
    try {
      const lines = batch.map(({ json }) => json ?? "");
      await this.#outlet.post(lines, signal, (answer) => {
        const { value: entry } = entries.next();
        if (entry) this.#answered(entry, answer);
      }, batch[0]?.line.inContext);
    } catch (error) {
      failure = error as RealtimeError;
    }
    return batch.filter((entry) =>
      entry.state === "waiting" && this.#isToRepeat(entry, failure)
    );
  }

  #answered(entry: Entry, answer: LineAnswer): void {
    entry.refusal = undefined;
    const { error, isMalformed } = answer;
    if (error && !isMalformed && this.#outlet.mayPass(error)) {
      entry.refusal = error;
    } else this.#settle(entry, answer);
  }

  /** Tells whether a line is to be sent again, and settles it if not. */
  #isToRepeat(entry: Entry, failure: RealtimeError | undefined): boolean {
    const { action } = entry.line;
    const error = entry.refusal ??
      (failure
        ? this.#rename(failure, action)
        : badAnswer("leaves out a message", action));
    const { attempts } = this.#outlet;
    if (entry.attempts < attempts && this.#outlet.mayPass(error)) return true;
    this.#settle(entry, { error });
    return false;
  }

  /** Makes an error of one line of the error of a whole request. */
  #rename(
    { code, message, cause }: RealtimeError,
    action: string,
  ): RealtimeError {
    const { action: prefix } = this.#outlet;
    const own = message.startsWith(`${prefix}:`)
      ? action + message.slice(prefix.length)
      : message;
    return new RealtimeError(code, own, { cause });
  }

  /** Takes a line back. A request or pause that no other caller waits for ends. */
  #withdraw(entry: Entry, error: RealtimeError): void {
    this.#settle(entry, { error });
    if (entry.step?.callers === 0) entry.step.controller.abort();
  }

  #settle(entry: Entry, answer: LineAnswer): void {
    if (entry.state === "done") return;
    entry.state = "done";
    if (entry.step) entry.step.callers--;
    entry.settle(answer);
  }
}

/** Returns the bytes of a text in UTF-8; for a short text the most that it can have, so that most lines need no count. */
function byteLength(text: string): number {
  const most = 3 * text.length;
  return most <= MAX_BYTES / MAX_LINES ? most : encoder.encode(text).length;
}

/** Begins a request or a pause for lines. */
function beginStep(entries: readonly Entry[]): Step {
  const callers = entries.filter(({ state }) => state === "waiting").length;
  const step: Step = { callers, controller: new AbortController() };
  for (const entry of entries) entry.step = step;
  return step;
}

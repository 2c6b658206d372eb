import { clearInterval, setImmediate, setInterval } from "node:timers";
import type { Worker } from "node:worker_threads";
import { RealtimeError } from "../../../../core/protocol/errors.ts";
import { within } from "../../../../core/time/within.ts";
import { type Call, charsOf, isWrite } from "./call.ts";
import type {
  Answer,
  OperationName,
  Request,
  Result,
  StorageReport,
} from "./requests.ts";
import { type StartedThread, startThread } from "./start_thread.ts";
import {
  decode,
  encode,
  type FromThread,
  type ThreadOptions,
  type ToThread,
} from "./thread_messages.ts";
import { WaitingCalls } from "./waiting_calls.ts";

/** How many turns of the event loop a batch waits for more at most. */
const MAX_TURNS = 4;

/** Milliseconds that a request may take, and between two looks at those that wait. */
const ANSWER_MS = { limit: 4_000, look: 250 } as const;

/** How long a request may wait until the disk counts as one that doesn't answer, in milliseconds. */
const SLOW_MS = 2_000;

/** Milliseconds that closing the database may take. */
const CLOSE_MS = 5_000;

const CLOSED = "it is closed";

const SILENT = "the disk doesn't answer";

/**
 * Asks the thread that has the database. It gets one batch at a time, and each batch is one commit: what comes while a commit runs is the next
 * one. So a lone publish doesn't wait, and many share the time that the disk needs.
 */
export class StorageThread {
  readonly #worker: Worker;
  readonly #report: (report: StorageReport) => void;
  readonly #waiting = new WaitingCalls();
  /** The batch that the thread has. */
  #underWay: readonly Call[] = [];
  #isScheduled = false;
  readonly #timer: ReturnType<typeof setInterval>;
  #closed: (() => void) | undefined;
  #isOver = false;
  /** The reason why a commit failed, until one that is as large succeeds. */
  problem: string | undefined;
  /** Bytes of the file after the newest batch. */
  fileBytes = 0;
  /** Whether the database was an older copy, came from elsewhere, or may have lost commits. */
  readonly wasRestored: boolean;

  private constructor(
    { worker, wasRestored }: StartedThread,
    report: (report: StorageReport) => void,
  ) {
    this.#worker = worker;
    this.#report = report;
    this.wasRestored = wasRestored;
    worker.on("message", (text: string) => this.#take(decode(text)));
    worker.on("error", ({ message: untold }: Error) => {
      report({ dropped: [], fileBytes: this.fileBytes, untold });
      this.#end("its thread ended");
    });
    worker.on("exit", () => this.#end("its thread ended"));
    this.#timer = setInterval(() => this.#rejectLate(), ANSWER_MS.look);
    // An open database alone keeps no process alive.
    worker.unref();
    this.#timer.unref();
  }

  /**
   * Starts the thread, which opens the database.
   *
   * @param report Gets what the thread tells after each batch, before its answers are taken.
   * @throws {RealtimeError} `conflict` when another process has it open, `invalid_argument` when it can't be used.
   */
  static async start(
    options: ThreadOptions,
    report: (report: StorageReport) => void,
  ): Promise<StorageThread> {
    return new StorageThread(await startThread(options), report);
  }

  /** Why the database can't be used at this moment, if so. */
  get trouble(): string | undefined {
    const [oldest] = this.#underWay;
    const isSlow = oldest && performance.now() - oldest.began > SLOW_MS;
    return this.problem ?? (isSlow ? SILENT : undefined);
  }

  /**
   * Asks for an operation.
   *
   * @param apply Called with the result, in the order of the database's changes: also when the promise was rejected because the disk took too
   * long, and it was done nevertheless.
   * @returns A promise of what `apply` returns. It rejects with `unavailable` within 5 seconds.
   */
  call<N extends OperationName, T>(
    request: Request & Request<N>,
    apply: (result: Result<N>) => T,
  ): Promise<T> {
    if (this.#isOver) {
      return Promise.reject(unavailable(this.problem ?? CLOSED));
    }
    const chars = charsOf(request);
    if (!this.#waiting.hasRoom(chars)) {
      return Promise.reject(unavailable("too many messages wait for it"));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add({
        request,
        chars,
        began: performance.now(),
        apply: (result) => resolve(apply(result as Result<N>)),
        reject,
      });
      this.#schedule();
    });
  }

  /**
   * Waits for what is under way, closes the database and ends the thread.
   *
   * @throws {RealtimeError} `unavailable` after a few seconds where the disk doesn't answer. The thread still waits for it then.
   */
  async close(): Promise<void> {
    this.#worker.ref();
    await within(CLOSE_MS, this.#finish());
    const isHanging = !this.#isOver;
    this.#end(CLOSED);
    const ended = this.#worker.terminate();
    if (isHanging) throw unavailable(SILENT);
    await ended;
  }

  async #finish(): Promise<void> {
    while (this.#waiting.length + this.#underWay.length > 0) {
      await this.call({ name: "interrupted" }, () => {}).catch(() => {});
    }
    if (this.#isOver) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#post({ close: true });
    });
  }

  /** Sends what waits, unless the thread is busy, once a turn of the event loop brings nothing more: the lines of a request are one batch. */
  #schedule(): void {
    if (this.#isScheduled || this.#underWay.length > 0) return;
    this.#isScheduled = true;
    let turns = 0;
    const look = (known: number): void => {
      setImmediate(() => {
        const { length } = this.#waiting;
        if (length > known && ++turns < MAX_TURNS) return look(length);
        this.#isScheduled = false;
        this.#send();
      });
    };
    look(this.#waiting.length);
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#underWay.length > 0) return;
    this.#underWay = this.#waiting.take();
    this.#worker.ref();
    this.#post({ requests: this.#underWay.map(({ request }) => request) });
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(encode(message));
  }

  #take(message: FromThread): void {
    if ("closed" in message) return this.#end(CLOSED);
    if (!("report" in message)) return;
    this.fileBytes = message.report.fileBytes;
    this.problem = message.report.problem;
    this.#report(message.report);
    if (message.answers) this.#settle(message.answers);
  }

  /** Takes the answers of a batch: first those that changed something, as the others have seen the changes. */
  #settle(answers: readonly Answer[]): void {
    const calls = this.#underWay;
    this.#underWay = [];
    for (const [i, call] of calls.entries()) {
      if (isWrite(call)) this.#settleOne(call, answers[i]);
    }
    for (const [i, call] of calls.entries()) {
      if (!isWrite(call)) this.#settleOne(call, answers[i]);
    }
    if (this.#waiting.length > 0) this.#schedule();
    else this.#worker.unref();
  }

  #settleOne(
    call: Call,
    answer: Answer = { problem: "it gave no answer" },
  ): void {
    if (!("problem" in answer)) return call.apply(answer.result);
    const error = unavailable(answer.problem);
    call.reject(error);
    // One that waits may have to stand behind one that failed.
    if (isWrite(call)) this.#waiting.refuse(isWrite, error);
  }

  /**
   * Refuses the calls that took too long. One that waits is not done any more, and a write takes those behind it with it, which must not
   * overtake its retry. One that the thread has may be done, and its result is taken then.
   */
  #rejectLate(): void {
    const limit = performance.now() - ANSWER_MS.limit;
    const isLate = ({ began }: Call): boolean => began < limit;
    const error = unavailable(SILENT);
    for (const call of this.#underWay) {
      if (isLate(call)) call.reject(error);
    }
    if (this.#waiting.some((call) => isWrite(call) && isLate(call))) {
      this.#waiting.refuse(isWrite, error);
    }
    this.#waiting.refuse(isLate, error);
  }

  /** Refuses everything from now on: the thread is gone. */
  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.problem = reason;
    clearInterval(this.#timer);
    const error = unavailable(reason);
    for (const call of this.#underWay) call.reject(error);
    this.#underWay = [];
    this.#waiting.refuse(() => true, error);
    this.#closed?.();
  }
}

/** Creates the error of a request. It doesn't name the file, because clients get it. */
function unavailable(reason: string): RealtimeError {
  const message = `Cannot use the database: ${reason}`;
  return new RealtimeError("unavailable", message);
}

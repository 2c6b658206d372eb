import { clearInterval, setImmediate, setInterval } from "node:timers";
import { Worker } from "node:worker_threads";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type {
  Answer,
  OperationName,
  Request,
  Result,
  StorageReport,
} from "./requests.ts";
import { WRITES } from "./requests.ts";
import { THREAD_URL } from "./thread.ts";
import {
  decode,
  encode,
  type FromThread,
  type ThreadOptions,
  type ToThread,
} from "./thread_messages.ts";

/** How many requests, and characters of messages, are one batch at most. */
const BATCH = { requests: 2048, chars: 8 * 1024 * 1024 } as const;

/** How many turns of the event loop a batch waits for more at most. */
const MAX_TURNS = 4;

/** How many characters of messages may wait. */
const MAX_WAITING_CHARS = 64 * 1024 * 1024;

/** Milliseconds that a request may take, and between two looks at those that wait. */
const ANSWER_MS = { limit: 4_000, look: 250 } as const;

/** How long a request may wait until the disk counts as one that doesn't answer, in milliseconds. */
const SLOW_MS = 2_000;

interface Call {
  readonly request: Request;
  readonly chars: number;
  readonly began: number;
  /** Takes the result, also when nobody waits for it any more. */
  readonly apply: (result: Result) => void;
  readonly reject: (error: RealtimeError) => void;
}

/**
 * Asks the thread that has the database. It gets one batch at a time, and each batch is one commit: what comes while a commit runs is the next
 * one. So a lone publish doesn't wait, and many share the time that the disk needs.
 */
export class StorageThread {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #report: (report: StorageReport) => void;
  #waiting: Call[] = [];
  #waitingChars = 0;
  /** The batch that the thread has. */
  #underWay: readonly Call[] = [];
  #isScheduled = false;
  readonly #timer: ReturnType<typeof setInterval>;
  #closed: (() => void) | undefined;
  /** The reason why the last commit failed, if it did. */
  problem: string | undefined;
  /** Bytes of the file after the newest batch. */
  fileBytes = 0;
  readonly wasRestored: boolean;

  private constructor(
    name: string,
    worker: Worker,
    wasRestored: boolean,
    report: (report: StorageReport) => void,
  ) {
    this.#name = name;
    this.#worker = worker;
    this.#report = report;
    this.wasRestored = wasRestored;
    worker.on("message", (text: string) => this.#take(decode(text)));
    worker.on("error", ({ message }: Error) => this.#end(message));
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
    const name = JSON.stringify(options.path);
    const worker = startWorker(options);
    const message = await firstMessage(worker);
    if ("opened" in message) {
      const { wasRestored } = message.opened;
      return new StorageThread(name, worker, wasRestored, report);
    }
    await worker.terminate();
    const { isOwned, reason } = "refused" in message
      ? message.refused
      : { isOwned: false, reason: "its thread ended" };
    throw new RealtimeError(
      isOwned ? "conflict" : "invalid_argument",
      `Cannot open the database ${name}: ${reason}`,
    );
  }

  /** Why the database can't be used at this moment, if so. */
  get trouble(): string | undefined {
    const [oldest] = this.#underWay;
    const isSlow = oldest && performance.now() - oldest.began > SLOW_MS;
    return this.problem ?? (isSlow ? "the disk doesn't answer" : undefined);
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
    const chars = charsOf(request);
    if (this.#waitingChars + chars > MAX_WAITING_CHARS) {
      return Promise.reject(this.#unavailable("too many messages wait for it"));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        request,
        chars,
        began: performance.now(),
        apply: (result) => resolve(apply(result as Result<N>)),
        reject,
      });
      this.#waitingChars += chars;
      this.#schedule();
    });
  }

  /** Waits for what is under way, closes the database and ends the thread. */
  async close(): Promise<void> {
    this.#worker.ref();
    if (this.problem !== CLOSED) {
      while (this.#waiting.length + this.#underWay.length > 0) {
        await this.call({ name: "interrupted" }, () => {}).catch(() => {});
      }
      await new Promise<void>((resolve) => {
        this.#closed = resolve;
        this.#post({ close: true });
      });
    }
    await this.#worker.terminate();
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
    let chars = 0;
    let count = 0;
    for (const call of this.#waiting) {
      if (count > 0 && chars + call.chars > BATCH.chars) break;
      chars += call.chars;
      if (++count === BATCH.requests) break;
    }
    this.#underWay = this.#waiting.splice(0, count);
    this.#waitingChars -= chars;
    this.#worker.ref();
    this.#post({ requests: this.#underWay.map(({ request }) => request) });
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(encode(message));
  }

  #take(message: FromThread): void {
    if ("closed" in message) {
      clearInterval(this.#timer);
      this.problem = CLOSED;
      this.#closed?.();
      return;
    }
    if (!("report" in message)) return;
    this.fileBytes = message.report.fileBytes;
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
    if (!("problem" in answer)) {
      if (isWrite(call)) this.problem = undefined;
      return call.apply(answer.result);
    }
    const { problem } = answer;
    call.reject(this.#unavailable(problem));
    if (!isWrite(call)) return;
    this.problem = problem;
    // One that waits may have to stand behind one that failed.
    this.#refuse(isWrite, problem);
  }

  /**
   * Refuses what took too long. What waits is not done any more: a write takes those behind it with it, which must not overtake its retry.
   * What the thread has may be done, and is taken then.
   */
  #rejectLate(): void {
    const limit = performance.now() - ANSWER_MS.limit;
    const isLate = ({ began }: Call): boolean => began < limit;
    const problem = "the disk doesn't answer";
    for (const call of this.#underWay) {
      if (isLate(call)) call.reject(this.#unavailable(problem));
    }
    if (this.#waiting.some((call) => isWrite(call) && isLate(call))) {
      this.#refuse(isWrite, problem);
    }
    this.#refuse(isLate, problem);
  }

  #refuse(isRefused: (call: Call) => boolean, problem: string): void {
    const waiting: Call[] = [];
    for (const call of this.#waiting) {
      if (isRefused(call)) {
        call.reject(this.#unavailable(problem));
        this.#waitingChars -= call.chars;
      } else waiting.push(call);
    }
    this.#waiting = waiting;
  }

  /** Ends everything: the thread is gone. */
  #end(reason: string): void {
    if (this.problem === CLOSED) return;
    this.problem = reason;
    clearInterval(this.#timer);
    for (const { reject } of this.#underWay) reject(this.#unavailable(reason));
    this.#refuse(() => true, reason);
    this.#closed?.();
  }

  #unavailable(reason: string): RealtimeError {
    const message = `Cannot use the database ${this.#name}: ${reason}`;
    return new RealtimeError("unavailable", message);
  }
}

function isWrite({ request }: Call): boolean {
  return WRITES.has(request.name);
}

const CLOSED = "it is closed";

/** Starts the thread's module, from wherever this one came: Deno takes the addresses of files and data only, and its modules may come by HTTP. */
function startWorker(workerData: ThreadOptions): Worker {
  const url = JSON.stringify(THREAD_URL);
  const source = `import { runThread } from ${url};runThread();`;
  return new Worker(
    new URL(`data:text/javascript,${encodeURIComponent(source)}`),
    { workerData },
  );
}

/** Resolves with the thread's first message, or with its end. */
function firstMessage(worker: Worker): Promise<FromThread> {
  return new Promise((resolve) => {
    worker.once("message", (text: string) => resolve(decode(text)));
    worker.once(
      "error",
      ({ message: reason }) => resolve({ refused: { isOwned: false, reason } }),
    );
    worker.once("exit", () => resolve({ closed: true }));
  });
}

function charsOf(request: Request): number {
  const messages = request.name === "publish"
    ? request.messages
    : request.name === "reply"
    ? [request.message]
    : [];
  let chars = 0;
  for (const { head, raw = "" } of messages) chars += head.length + raw.length;
  return chars;
}

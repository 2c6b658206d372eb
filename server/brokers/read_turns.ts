import { RealtimeError } from "../../core/protocol/errors.ts";

/** Most reads, each for something else, with which a reader waits for its turn. */
const MOST_WAITING = 256;

/** Milliseconds after which a turn comes too late, because the store hardly answers. */
const MOST_WAIT_MS = 10_000;

/** A read that has not begun. */
interface WaitingRead {
  begin(): Promise<unknown>;
  readonly answer: Promise<unknown>;
}

/** Reads in order, a few at once. Those who ask for what another waits for share its read: it has not begun, so it is new enough for them. */
class SharedQueue {
  readonly waiting = new Map<string, WaitingRead>();
  readonly #store: string;
  readonly #atOnce: number;
  readonly #idle: () => void;
  #underWay = 0;

  /** @param idle Called when nothing is under way any more, and nothing waits. */
  constructor(store: string, atOnce: number, idle = () => {}) {
    this.#store = store;
    this.#atOnce = atOnce;
    this.#idle = idle;
  }

  read<T>(question: string, read: () => Promise<T>): Promise<T> {
    let waiting = this.waiting.get(question);
    if (!waiting) {
      const { promise: answer, resolve, reject } = Promise.withResolvers<T>();
      const until = performance.now() + MOST_WAIT_MS;
      const begin = (): Promise<T> => {
        if (performance.now() < until) resolve(read());
        else reject(refusal("unavailable", `${this.#store} is too slow`));
        return answer;
      };
      waiting = { begin, answer };
      this.waiting.set(question, waiting);
      this.#next();
    }
    return waiting.answer as Promise<T>;
  }

  #next(): void {
    for (const [question, { begin }] of this.waiting) {
      if (this.#underWay >= this.#atOnce) return;
      this.waiting.delete(question);
      this.#underWay++;
      const done = (): void => {
        this.#underWay--;
        this.#next();
        if (this.#underWay === 0) this.#idle();
      };
      begin().then(done, done);
    }
  }
}

/** Lets the readers of a store's logs take turns, so that one who reads much delays the others by one read each time. */
export class ReadTurns {
  readonly #store: string;
  readonly #all: SharedQueue;
  readonly #readers = new Map<string, SharedQueue>();

  /**
   * @param store The name of the store, for errors.
   * @param atOnce Most reads that are under way.
   */
  constructor(store: string, atOnce: number) {
    this.#store = store;
    this.#all = new SharedQueue(store, atOnce);
  }

  /**
   * Reads when it is the reader's turn. A reader has one read under way; the gateway and its app, which have no name, may have several.
   *
   * @param question What is read: the same text stands for the same read.
   */
  read<T>(
    reader: string | undefined,
    question: string,
    read: () => Promise<T>,
  ): Promise<T> {
    const take = (): Promise<T> => this.#all.read(question, read);
    if (reader === undefined) return take();
    const own = this.#readers.get(reader) ??
      new SharedQueue(this.#store, 1, () => this.#readers.delete(reader));
    this.#readers.set(reader, own);
    if (own.waiting.size < MOST_WAITING) return own.read(question, take);
    const reason = `${MOST_WAITING} reads of its token wait already`;
    return Promise.reject(refusal("rate_limited", reason));
  }
}

function refusal(
  code: "rate_limited" | "unavailable",
  reason: string,
): RealtimeError {
  return new RealtimeError(code, `Cannot read the log: ${reason}`);
}

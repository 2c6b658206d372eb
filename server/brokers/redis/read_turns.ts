import { RealtimeError } from "../../../core/protocol/errors.ts";

/** Most reads of one server's logs that are under way: while Redis reads, everyone else waits. */
const AT_ONCE = 4;

/** Most reads, each for something else, with which a reader waits for its turn. */
const MOST_WAITING = 256;

/** A read that has not begun. */
interface WaitingRead {
  begin(): Promise<unknown>;
  readonly answer: Promise<unknown>;
}

/** Reads in order, a few at once. Those who ask for what another waits for share its read: it has not begun, so it is new enough for them. */
class SharedQueue {
  readonly #atOnce: number;
  readonly #waiting = new Map<string, WaitingRead>();
  #underWay = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  get length(): number {
    return this.#waiting.size;
  }

  read<T>(question: string, read: () => Promise<T>): Promise<T> {
    let waiting = this.#waiting.get(question);
    if (!waiting) {
      const { promise: answer, resolve } = Promise.withResolvers<T>();
      const begin = (): Promise<T> => {
        resolve(read());
        return answer;
      };
      waiting = { begin, answer };
      this.#waiting.set(question, waiting);
      this.#next();
    }
    return waiting.answer as Promise<T>;
  }

  #next(): void {
    for (const [question, { begin }] of this.#waiting) {
      if (this.#underWay >= this.#atOnce) return;
      this.#waiting.delete(question);
      this.#underWay++;
      const done = (): void => {
        this.#underWay--;
        this.#next();
      };
      begin().then(done, done);
    }
  }
}

/** Lets the readers of a server's logs take turns, so that one who reads much delays the others by one read each time. */
export class ReadTurns {
  readonly #all = new SharedQueue(AT_ONCE);
  readonly #readers = new Map<string, SharedQueue>();

  /**
   * Reads when it is the reader's turn.
   *
   * @param reader A reader with a name has one read under way; the gateway and its app have none.
   * @param question What is read: the same text stands for the same read.
   * @throws {RealtimeError} `rate_limited` where too many reads of the reader wait.
   */
  async read<T>(
    reader: string | undefined,
    question: string,
    read: () => Promise<T>,
  ): Promise<T> {
    const take = (): Promise<T> => this.#all.read(question, read);
    if (reader === undefined) return await take();
    const own = this.#readers.get(reader) ?? new SharedQueue(1);
    if (own.length >= MOST_WAITING) {
      const message =
        `Cannot read the log: ${MOST_WAITING} reads of the token wait; try again later`;
      throw new RealtimeError("rate_limited", message);
    }
    this.#readers.set(reader, own);
    try {
      return await own.read(question, take);
    } finally {
      if (own.isIdle) this.#readers.delete(reader);
    }
  }
}

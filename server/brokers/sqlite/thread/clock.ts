/**
 * The time of a database, in whole milliseconds since 1970. It never goes back, and doesn't follow a wall clock that is set while the process
 * runs: a jump would let messages and keys expire early, or never.
 */
export class Clock {
  readonly #began: number;

  /** @param earlier The newest time that the database has from earlier processes. */
  constructor(earlier: number) {
    this.#began = Math.max(Date.now(), earlier) - performance.now();
  }

  now(): number {
    return Math.floor(this.#began + performance.now());
  }
}

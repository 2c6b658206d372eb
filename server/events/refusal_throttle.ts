import type { RealtimeErrorCode } from "../../core/protocol/errors.ts";

/** Most refusals of one kind that are told in a second. */
const PER_SECOND = 10;

interface Count {
  /** The second in which refusals were told. */
  second: number;
  told: number;
  suppressed: number;
}

/** Lets refusals through, at most 10 a second of each kind, so that a client that is refused for ever doesn't fill a disk. */
export class RefusalThrottle {
  readonly #counts = new Map<RealtimeErrorCode, Count>();

  /**
   * Counts a refusal.
   *
   * @returns How many of its kind were suppressed since the last one that was told; `undefined` if this one is suppressed as well.
   */
  admit(
    error: RealtimeErrorCode,
    now: number = performance.now(),
  ): number | undefined {
    const second = Math.floor(now / 1000);
    const count = this.#counts.get(error) ??
      { second, told: 0, suppressed: 0 };
    this.#counts.set(error, count);
    if (count.second !== second) {
      count.second = second;
      count.told = 0;
    }
    if (count.told === PER_SECOND) {
      count.suppressed++;
      return undefined;
    }
    count.told++;
    const { suppressed } = count;
    count.suppressed = 0;
    return suppressed;
  }
}

import type { RealtimeError } from "../../../../core/protocol/errors.ts";
import type { Call } from "./call.ts";

/** How many requests, and characters of messages, are one batch at most. */
const BATCH = { requests: 2048, chars: 2.5 * 1024 * 1024 } as const;

/** How many characters of messages may wait. */
const MAX_CHARS = 64 * 1024 * 1024;

/** The calls that wait for the thread, in their order. */
export class WaitingCalls {
  #calls: Call[] = [];
  #chars = 0;

  get length(): number {
    return this.#calls.length;
  }

  /** Whether there is room for some more characters. */
  hasRoom(chars: number): boolean {
    return this.#chars + chars <= MAX_CHARS;
  }

  add(call: Call): void {
    this.#calls.push(call);
    this.#chars += call.chars;
  }

  some(holds: (call: Call) => boolean): boolean {
    return this.#calls.some(holds);
  }

  /** Takes the calls of the next batch. */
  take(): readonly Call[] {
    let chars = 0;
    let count = 0;
    for (const call of this.#calls) {
      if (count > 0 && chars + call.chars > BATCH.chars) break;
      chars += call.chars;
      if (++count === BATCH.requests) break;
    }
    this.#chars -= chars;
    return this.#calls.splice(0, count);
  }

  /** Removes calls, and rejects them with an error. */
  refuse(isRefused: (call: Call) => boolean, error: RealtimeError): void {
    const calls = this.#calls;
    this.#calls = [];
    this.#chars = 0;
    for (const call of calls) {
      if (isRefused(call)) call.reject(error);
      else this.add(call);
    }
  }
}

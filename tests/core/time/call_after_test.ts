import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { callAfter } from "../../../core/time/call_after.ts";
import { setGlobals } from "../../support/globals.ts";

const LONGEST_MS = 2 ** 31 - 1;

/** A clock whose timers fire when the test says so. */
class Clock {
  now = 0;
  #timers: { readonly ms: number; readonly action: () => void }[] = [];

  /** How many timers have neither fired nor been cancelled. */
  get running(): number {
    return this.#timers.filter((timer) => timer).length;
  }

  /** Lets the newest timer fire; returns its time. */
  fire(): number | undefined {
    const timer = this.#timers.pop();
    this.now += timer?.ms ?? 0;
    timer?.action();
    return timer?.ms;
  }

  /** Runs code whose timers are this clock's. */
  run(code: () => void): void {
    const restore = setGlobals({
      performance: { now: () => this.now },
      setTimeout: (action: () => void, ms: number) =>
        this.#timers.push({ action, ms }),
      clearTimeout: (handle: number) => this.#timers.splice(handle - 1, 1),
    });
    try {
      code();
    } finally {
      restore();
    }
  }
}

describe("callAfter()", () => {
  it("waits with as many timers as the time needs", () => {
    const clock = new Clock();
    const called: number[] = [];
    clock.run(() => {
      callAfter(2 * LONGEST_MS + 5, () => called.push(clock.now));
      assertEquals([clock.fire(), clock.fire()], [LONGEST_MS, LONGEST_MS]);
      assertEquals(called, []);
      assertEquals(clock.fire(), 5);
    });
    assertEquals(called, [2 * LONGEST_MS + 5]);
    assertEquals(clock.running, 0);
  });

  it("never ends a wait without end", () => {
    const clock = new Clock();
    clock.run(() => {
      callAfter(Infinity, () => {
        throw new Error("It ended");
      });
      for (let i = 0; i < 1000; i++) assertEquals(clock.fire(), LONGEST_MS);
    });
  });

  it("can be cancelled, also after its first timer", () => {
    const clock = new Clock();
    clock.run(() => {
      const cancel = callAfter(LONGEST_MS + 1, () => {});
      clock.fire();
      assertEquals(clock.running, 1);
      cancel();
    });
    assertEquals(clock.running, 0);
  });
});

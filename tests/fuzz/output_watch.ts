import { STACK_TRACE } from "./judge.ts";

/** Lines that tell of an error that nobody handled, or that the gateway did not expect. */
const ALARMS =
  /unhandled|uncaught|\bpanic|\bfatal\b|\b(Type|Range|Reference|Syntax)Error\b|\bERR\b|\bfailed\b|\berror:/i;

/** A JWT: two parts of base64url that begin like JSON, and what follows them. */
const TOKEN = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}/;

/** A signing key of the tests, or its hash. A long name of one letter, which the log quotes, is neither. */
const KEY = /(?!(.)\1{63})[0-9a-f]{64}/i;

/** How many different alarms are kept. */
const KEPT = 20;

/** Watches what a gateway prints while it is fuzzed. */
export class OutputWatch {
  /** The first different lines that must not be there. */
  readonly problems: string[] = [];
  #lines = 0;

  /** How many lines were printed. */
  get lines(): number {
    return this.#lines;
  }

  /** Checks a line. */
  line(text: string): void {
    this.#lines++;
    if (KEY.test(text)) this.#note("the signing key", "");
    else if (TOKEN.test(text)) this.#note("a token", "");
    else if (ALARMS.test(text) || STACK_TRACE.test(text)) {
      this.#note("an unexpected error", `: ${text}`);
    }
  }

  #note(what: string, line: string): void {
    // The time at the beginning of a line differs each time.
    const problem = `the gateway printed ${what}${line}`
      .replaceAll(/\d\d:\d\d:\d\d\.\d+ /g, "");
    if (this.problems.length < KEPT && !this.problems.includes(problem)) {
      this.problems.push(problem);
    }
  }
}

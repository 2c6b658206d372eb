/**
 * The agreement between a page of the benchmark and the benchmark.
 *
 * @module
 */

/** The text that a page has to show, as JSON in the element `task`. */
export interface Task {
  readonly channel: string;
  readonly topic: string;
  /** The path that answers with a token for the topic. */
  readonly tokenPath: string;
  /** The characters of the whole text. */
  readonly characters: number;
}

/** The report of a page once the whole text is shown, in the global variable `shown`. */
export interface Shown {
  /** Milliseconds from the moment when the page's code began to show the stream. */
  readonly ms: number;
  /** How often React rendered until then. */
  readonly renders: number;
}

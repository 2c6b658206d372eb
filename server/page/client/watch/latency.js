/** @import { Entries } from "./entries.js" */

const KEPT = 1_000;

/** Measures how long messages take from publishing to arriving. */
export class Latencies {
  /** When each of the newest messages arrived, by id. @type {Map<string, number>} */
  #arrived = new Map();
  /** When each message that has not arrived was published, by id. @type {Map<string, { at: number, arrive: (ms: number) => void }>} */
  #awaited = new Map();
  /** The latencies of the newest messages. @type {number[]} */
  #own = [];
  #entries;
  #onMeasured;

  /**
   * @param {Entries} entries
   * @param {() => void} onMeasured
   */
  constructor(entries, onMeasured) {
    this.#entries = entries;
    this.#onMeasured = onMeasured;
  }

  /** The latencies of messages that this page published, in milliseconds, newest last. */
  get own() {
    return this.#own;
  }

  /**
   * Records that a message arrived.
   *
   * @param {string} id
   * @param {number} at A time of `performance.now()`.
   */
  arrived(id, at) {
    keep(this.#arrived, id, at);
    const awaited = this.#awaited.get(id);
    if (!awaited) return;
    this.#awaited.delete(id);
    this.#measured(id, at - awaited.at, awaited.arrive);
  }

  /**
   * Records that a message was published. It may have arrived before the answer with its id.
   *
   * @param {string} id
   * @param {number} at When its request was sent.
   * @returns {Promise<number>} The latency in milliseconds, once the message has arrived. Never resolves for a message outside the subscription.
   */
  published(id, at) {
    return new Promise((arrive) => {
      const arrived = this.#arrived.get(id);
      if (arrived === undefined) keep(this.#awaited, id, { at, arrive });
      else this.#measured(id, arrived - at, arrive);
    });
  }

  /**
   * @param {string} id
   * @param {number} ms
   * @param {(ms: number) => void} arrive
   */
  #measured(id, ms, arrive) {
    this.#own.push(ms);
    if (this.#own.length > KEPT) this.#own.shift();
    const entry = this.#entries.find(id);
    if (entry) this.#entries.setLatency(entry, { ms, own: true });
    this.#onMeasured();
    arrive(ms);
  }
}

/**
 * Returns a quantile: 0.5 is the median.
 *
 * @param {readonly number[]} values
 * @param {number} share
 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

/**
 * @template V
 * @param {Map<string, V>} map
 * @param {string} key
 * @param {V} value
 */
function keep(map, key, value) {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > KEPT && oldest !== undefined) map.delete(oldest);
}

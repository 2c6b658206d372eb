import { setImmediate } from "node:timers";

/** What is done in one turn of the event loop. */
const PER_TURN = 4;

const waiting: Array<() => void> = [];

/**
 * Does something in one of the next turns of the event loop, a few a turn: to end a connection whose buffers are full
 * takes 0.3 ms, and a thousand at once would hold up all others.
 */
export function staggerEnd(end: () => void): void {
  if (waiting.push(end) === 1) setImmediate(run);
}

function run(): void {
  const ends = waiting.splice(0, PER_TURN);
  // First: what they add calls for a turn itself where nothing waits.
  if (waiting.length > 0) setImmediate(run);
  for (const end of ends) end();
}

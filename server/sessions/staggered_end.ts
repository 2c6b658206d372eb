import { setImmediate } from "node:timers";

/** Connections that are ended in one turn of the event loop. */
const PER_TURN = 4;

const waiting: Array<() => void> = [];

/**
 * Ends a connection in one of the next turns of the event loop, a few in each. To end a connection whose buffers are full takes
 * 0.3 ms, so a thousand in one turn would delay all others.
 */
export function staggerEnd(end: () => void): void {
  if (waiting.push(end) === 1) setImmediate(run);
}

function run(): void {
  const ends = waiting.splice(0, PER_TURN);
  // This comes first: an end that adds another one to an empty list schedules a turn itself.
  if (waiting.length > 0) setImmediate(run);
  for (const end of ends) end();
}

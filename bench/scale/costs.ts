import type { Costs } from "./model.ts";

/**
 * What was measured on one of 2 cores of a Xeon, on Linux 6.18 with Node 26 and Redis 7.0; messages of 250 bytes. All the arithmetic of
 * `docs/scale.md` is from this.
 */
export const COSTS: Costs = {
  // deno task bench 2: 3.83 µs a delivery with 1 publisher, which is one message a write, and 0.25 with 64.
  writeUs: 3.64,
  messageUs: 0.19,
  // deno task bench 8
  connectionBytes: 10_750,
  // deno task bench 6
  connectUs: 382,
  // deno task bench 5
  publishUs: 37.3,
  // deno task scale --measure
  askUs: 8.3,
  receiveUs: 2.3,
  redisUs: 21.8,
  followerUs: 0.2,
};

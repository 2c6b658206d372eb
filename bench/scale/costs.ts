import type { Costs } from "./model.ts";

/**
 * What was measured on one of 2 cores of an EPYC, on Linux 6.18 with Node 26 and Redis 7.0; messages of 250 bytes. All the arithmetic of
 * `docs/scale.md` is from this.
 */
export const COSTS: Costs = {
  // deno task bench 2: 6.96 µs a delivery with 1 publisher, which is one message a write, and 0.20 with 64.
  writeUs: 6.87,
  messageUs: 0.09,
  // deno task bench 8
  connectionBytes: 8_200,
  // deno task bench 6
  connectUs: 116,
  // deno task bench 5
  publishUs: 17.8,
  // deno task scale --measure
  askUs: 5.9,
  receiveUs: 1.7,
  redisUs: 20.6,
  followerUs: 0.1,
};

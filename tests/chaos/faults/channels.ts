import { pause } from "../../../core/time/backoff.ts";
import { type Fault, rowOf } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { withGateway } from "../raw_gateway.ts";
import { mib, seconds } from "../units.ts";

/** How long after the messages have expired their memory must be free. */
const GRACE_MS = 60_000;

/** How many times the heap of before may remain. */
const LEFT = 1.1;

/** Channels in each request. */
const PER_REQUEST = 20_000;

/** How many requests run at the same time. */
const LANES = 2;

async function publishAll(
  url: string,
  signingKey: string,
  count: number,
): Promise<number> {
  let next = 0;
  let accepted = 0;
  async function lane(): Promise<void> {
    while (next < count) {
      const from = next;
      next += PER_REQUEST;
      const lines = Array.from(
        { length: Math.min(PER_REQUEST, count - from) },
        (_, i) => `{"channel":"unique:${from + i}","topic":"t","data":1}`,
      );
      const response = await fetch(`${url}/v1/realtime/publish/batch`, {
        method: "POST",
        headers: { authorization: `Bearer ${signingKey}` },
        body: lines.join("\n"),
      });
      const answers = (await response.text()).trimEnd().split("\n");
      accepted += answers.filter((line) => line.startsWith('{"id"')).length;
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
  return accepted;
}

/** Waits until the heap has shrunk to some bytes, or the time is over. */
async function settle(
  gateway: GatewayProcess,
  bytes: number,
  longestMs: number,
): Promise<{ heapUsed: number; ms: number }> {
  const start = performance.now();
  for (;;) {
    await pause(500);
    const { heapUsed } = await gateway.memory();
    const ms = performance.now() - start;
    if (heapUsed <= bytes || ms > longestMs) return { heapUsed, ms };
  }
}

/** A publisher sends one message to each of very many channels. */
export const channels: Fault = {
  number: "23",
  title: "one message to each of many channels",
  isLoud: true,
  run: (trial) => {
    const ttlS = trial.isShort ? 1 : 10;
    return withGateway(
      trial,
      ["--history-ttl", String(ttlS)],
      async ({ gateway, url, signingKey }) => {
        const count = trial.isShort ? 20_000 : 1_000_000;
        // The first messages load and compile code, which is part of the heap of before.
        await publishAll(url, signingKey, PER_REQUEST);
        await pause((ttlS + 1.5) * 1000);
        const before = await gateway.memory();
        const started = performance.now();
        const accepted = await publishAll(url, signingKey, count);
        const peak = gateway.residentBytes;
        const limit = before.heapUsed * LEFT;
        const after = await settle(gateway, limit, ttlS * 1000 + GRACE_MS);
        const { status } = await gateway.health();
        return [rowOf(channels, trial, started, {
          transport: "http",
          sent: accepted,
          received: accepted,
          lost: count - accepted,
          note: `heap ${mib(before.heapUsed)} before, ` +
            `${mib(after.heapUsed)} ${seconds(after.ms)} after; ` +
            `${mib(peak)} at most`,
          breaches: [
            ...accepted < count ? [`${count - accepted} were refused`] : [],
            ...after.heapUsed > limit
              ? [`${mib(after.heapUsed - before.heapUsed)} were not freed`]
              : [],
            ...status === 200 ? [] : [`/health answered ${status}`],
          ],
        })];
      },
    );
  },
};

import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde } from "../horde.ts";
import { socketsWithin } from "../limits.ts";

/** The beginnings of two requests that never end: one in its head, one in its body. */
const HEAD = "GET /v1/realtime/sse HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ";
const BODY = [
  "POST /v1/realtime/publish?channel=slow&topic=t HTTP/1.1",
  "host: 127.0.0.1",
  "content-length: 100000",
  "\r\n",
].join("\r\n");

const CHECK_MS = 250;

/** Requests the gateway's health again and again until the signal is aborted. */
async function watch(
  gateway: GatewayProcess,
  signal: AbortSignal,
): Promise<{ checks: number; failures: string[]; slowestMs: number }> {
  const failures: string[] = [];
  let checks = 0;
  let slowestMs = 0;
  while (!signal.aborted) {
    const start = performance.now();
    try {
      const { status } = await gateway.health();
      if (status !== 200) failures.push(`/health answered ${status}`);
    } catch (error) {
      failures.push(`/health: ${Object(error).message}`);
    }
    checks++;
    slowestMs = Math.max(slowestMs, performance.now() - start);
    await pause(CHECK_MS, signal);
  }
  return { checks, failures, slowestMs };
}

/** Thousands of clients send requests a byte at a time that never end. */
export const slowloris: Fault = {
  number: "22",
  title: "requests that never end (slowloris)",
  isLoud: true,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { port } = arena.gateway;
      const count = socketsWithin(trial.isShort ? 200 : 5_000);
      const hordes = [HEAD, BODY].map((request) =>
        new Horde({ port, request, isAnswered: false })
      );
      try {
        await arena.open({ channels: ["healthy"], count: 10 });
        const started = performance.now();
        const done = new AbortController();
        const health = watch(arena.gateway, done.signal);
        await Promise.all(hordes.map((horde) => horde.open(count / 2)));
        const opened = hordes.reduce(
          (sum, { connected }) => sum + connected,
          0,
        );
        const drip = setInterval(() => {
          for (const horde of hordes) horde.write("x");
        }, 1_000);
        await arena.load({ rate: 50, seconds: trial.isShort ? 1.5 : 10 });
        clearInterval(drip);
        done.abort();
        const { checks, failures, slowestMs } = await health;
        const left = hordes.reduce((sum, { size }) => sum + size, 0);
        return await arena.judge(slowloris, started, ({ verdict }) => ({
          note: `${opened} slow requests (${left} still open at the end), ` +
            `/health was 200 in ${
              checks - failures.length
            } of ${checks} checks, ` +
            `the slowest took ${Math.round(slowestMs)} ms`,
          breaches: [
            ...new Set(failures),
            opened < count * 0.99 && `only ${opened} of ${count} opened`,
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
          ],
        }));
      } finally {
        for (const horde of hordes) horde.close();
      }
    }),
};

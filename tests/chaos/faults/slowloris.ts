import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde } from "../horde.ts";
import { socketsWithin } from "../limits.ts";
import { seconds } from "../units.ts";

/** The beginning of a request that never ends, and how long its connection may last on Bun and Node; Deno ends none. */
interface SlowRequest {
  readonly start: (signingKey: string) => string;
  readonly endsMs: number;
}

const REQUESTS: Readonly<Record<string, SlowRequest>> = {
  head: {
    start: () => "GET /v1/realtime/sse HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ",
    endsMs: 30_000,
  },
  body: {
    start: (signingKey) =>
      [
        "POST /v1/realtime/publish?channel=slow&topic=t HTTP/1.1",
        "host: 127.0.0.1",
        `authorization: Bearer ${signingKey}`,
        "content-length: 100000",
        "\r\n",
      ].join("\r\n"),
    endsMs: 75_000,
  },
};

/** How long the gateway's health may take beside them. */
const HEALTH_MS = 5_000;

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

/** Waits until the connections of a horde have ended; returns how many are open when the time is over. */
async function untilEnded(horde: Horde, deadline: number): Promise<number> {
  while (horde.size > 0 && performance.now() < deadline) await pause(CHECK_MS);
  return horde.size;
}

/** Thousands of clients send requests a byte at a time that never end. */
export const slowloris: Fault = {
  number: "22",
  title: "requests that never end (slowloris)",
  // It waits for most of its time.
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { gateway: { port }, signingKey } = arena;
      const { isShort, runtime } = trial;
      const kinds = Object.entries(REQUESTS).map(
        ([kind, { start, endsMs }]) => {
          const request = start(signingKey);
          const horde = new Horde({ port, request, isAnswered: false });
          return { kind, horde, endsMs };
        },
      );
      const each = Math.floor(
        socketsWithin(isShort ? 200 : 5_000) / kinds.length,
      );
      // A body's limit is longer than a short trial; tests/server/runtimes/ have it.
      const ending = kinds.filter(({ endsMs }) =>
        runtime !== "deno" && !(isShort && endsMs > 30_000)
      );
      let drip: ReturnType<typeof setInterval> | undefined;
      try {
        await arena.open({ channels: ["healthy"], count: 10 });
        const started = performance.now();
        const done = new AbortController();
        const health = watch(arena.gateway, done.signal);
        drip = setInterval(() => {
          for (const { horde } of kinds) horde.write("x");
        }, 1_000);
        await Promise.all(kinds.map(({ horde }) => horde.open(each)));
        const opened = performance.now();
        await arena.load({ rate: 50, seconds: isShort ? 1.5 : 10 });
        const left = await Promise.all(
          ending.map(async ({ kind, horde, endsMs }) => ({
            kind,
            count: await untilEnded(horde, opened + endsMs),
            endsMs,
          })),
        );
        const waited = performance.now() - opened;
        done.abort();
        const { checks, failures, slowestMs } = await health;
        return await arena.judge(slowloris, started, ({ verdict }) => ({
          note: kinds.map(({ kind, horde: { connected, size } }) =>
            `${connected} with a slow ${kind}, ${size} of them open`
          ).join(", ") + ` after ${seconds(waited)}; ` +
            `/health was 200 in ${
              checks - failures.length
            } of ${checks} checks, ` +
            `the slowest took ${Math.round(slowestMs)} ms` +
            (runtime === "deno" ? "; Deno ends none, a proxy has to" : ""),
          breaches: [
            ...new Set(failures),
            !isShort && slowestMs > HEALTH_MS &&
            `/health took ${Math.round(slowestMs)} ms`,
            ...kinds.map(({ kind, horde: { connected } }) =>
              connected < each * 0.99 &&
              `only ${connected} of ${each} opened with a slow ${kind}`
            ),
            ...left.map(({ kind, count, endsMs }) =>
              count > 0 &&
              `${count} with a slow ${kind} were open after ${seconds(endsMs)}`
            ),
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
          ],
        }));
      } finally {
        clearInterval(drip);
        for (const { horde } of kinds) horde.close();
      }
    }),
};

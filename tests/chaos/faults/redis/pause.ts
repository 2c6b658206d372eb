import { pause } from "../../../../core/time/backoff.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds as elapsed } from "../../units.ts";
import type { GatewayProcess } from "../../gateway_process.ts";
import { TOPIC } from "../../../support/topic.ts";

/** How long a publisher may wait until it is refused. */
const REFUSED_MS = 10_000;

/** How much a gateway's heap may grow while Redis is away. */
const GROWTH_BYTES = 64 * 1024 * 1024;

/** The answer to a publisher. */
interface Refusal {
  readonly status: number;
  readonly ms: number;
}

/** Publishes to a gateway directly, without nginx. */
async function publishTo(
  { url }: GatewayProcess,
  signingKey: string,
): Promise<Refusal> {
  const query = new URLSearchParams({ channel: "refused", topic: TOPIC });
  const started = performance.now();
  const response = await fetch(`${url}/v1/realtime/publish?${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${signingKey}` },
    body: "1",
    signal: AbortSignal.timeout(2 * REFUSED_MS),
  });
  await response.body?.cancel();
  return { status: response.status, ms: performance.now() - started };
}

/** Redis stops without a warning and continues after some time. */
export const pauseRedis: Fault = {
  number: "10",
  title: "Redis paused",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher, signingKey } = arena;
      const seconds = trial.isShort ? 8 : 30;
      const channels = ["pause-0", "pause-1"];
      await arena.open({ channels, count: trial.isShort ? 10 : 50 });
      const started = performance.now();
      const stop = new AbortController();
      const publishing = arena.load({
        rate: 100,
        seconds: 90,
        lanes: 16,
        signal: stop.signal,
      });
      await publisher.acknowledged(100);
      const before = await heaps(cluster.gateways);
      cluster.master.pause();
      const resumed = pause(seconds * 1000)
        .then(() => cluster.master.resume());
      const refusals = await Promise.all(
        cluster.gateways.map((gateway) => publishTo(gateway, signingKey)),
      );
      const health = await cluster.health();
      await resumed;
      const grown = Math.max(
        ...(await heaps(cluster.gateways)).map((heap, i) =>
          heap - (before[i] ?? 0)
        ),
      );
      const recovering = performance.now();
      await publisher.acknowledged(50);
      await cluster.untilHealthy();
      const recoveredMs = performance.now() - recovering;
      stop.abort();
      await publishing;
      const slowest = Math.max(...refusals.map(({ ms }) => ms));
      const statuses = refusals.map(({ status }) => status);
      return await arena.judge(
        pauseRedis,
        started,
        ({ verdict, state, size }) => ({
          note: `${seconds} s; publishes were refused within ` +
            `${elapsed(slowest)}; healthy again after ${elapsed(recoveredMs)}`,
          breaches: [
            statuses.some((status) => status !== 503) &&
            `publishes were answered with ${statuses}`,
            slowest > REFUSED_MS && `a publisher waited ${slowest} ms`,
            health.some(({ status }) => status !== 503) &&
            "a gateway reported that it was healthy",
            grown > GROWTH_BYTES && `a heap grew by ${grown} bytes`,
            state.opened !== size &&
            `${state.opened - size} clients lost their connection`,
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
            state.failures.length > 0 && `ended: ${state.failures}`,
          ],
        }),
      );
    }),
};

function heaps(gateways: readonly GatewayProcess[]): Promise<number[]> {
  return Promise.all(
    gateways.map(async (gateway) => (await gateway.memory()).heapUsed),
  );
}

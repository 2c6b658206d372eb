import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";

/** One gateway after the other drains and is started again. */
export const rollGateways: Fault = {
  number: "26",
  title: "rolling restart",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const channels = Array.from({ length: 10 }, (_, i) => `roll-${i}`);
      await arena.open({ channels, count: trial.isShort ? 10 : 50 });
      const started = performance.now();
      const stop = new AbortController();
      const rate = 100;
      const publishing = arena.load({
        rate,
        seconds: 150,
        signal: stop.signal,
      });
      const codes: Array<number | null> = [];
      for (const gateway of [...cluster.gateways]) {
        await publisher.acknowledged(rate / 2);
        // In a short trial the signal is SIGINT, after which clients reconnect at once.
        gateway.kill(trial.isShort ? "SIGINT" : "SIGTERM");
        codes.push((await gateway.exited).code);
        await cluster.replace(gateway);
        await cluster.untilHealthy();
      }
      await publisher.acknowledged(rate / 2);
      stop.abort();
      await publishing;
      return await arena.judge(
        rollGateways,
        started,
        ({ verdict, state, size }) => ({
          note: `${codes.length} restarts, ${state.opened - size} ` +
            `reconnects, ${publisher.retries} publishes retried`,
          breaches: [
            codes.some((code) => code !== 0) && `exit codes ${codes}`,
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
            state.opened === size && "no client had to reconnect",
            state.failures.length > 0 && `ended: ${state.failures}`,
          ],
        }),
      );
    }),
};

import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";

/** How late a message may be when a gateway dies. */
const LATEST_MS = 5_000;

/** One gateway after the other is killed; clients reconnect to the others. */
export const killGateways: Fault = {
  number: "1",
  title: "kill -9 of each gateway",
  isLoud: true,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const channels = Array.from({ length: 20 }, (_, i) => `kill-${i}`);
      await arena.open({ channels, count: trial.isShort ? 20 : 100 });
      const started = performance.now();
      const rate = trial.isShort ? 100 : 1_000;
      const publishing = arena.load({
        rate,
        seconds: trial.isShort ? 4 : 15,
        lanes: 32,
      });
      for (const gateway of [...cluster.gateways]) {
        await publisher.acknowledged(rate);
        gateway.kill("SIGKILL");
        await gateway.exited;
        await publisher.acknowledged(rate / 2);
        await cluster.replace(gateway);
      }
      await publishing;
      return await arena.judge(
        killGateways,
        started,
        async ({ clients, verdict, state, size }) => {
          const { max } = await clients.latencies();
          return {
            note: `${cluster.gateways.length} kills at ${rate} messages/s; ` +
              `${state.opened - size} reconnects; a message took ` +
              `${seconds(max)} at most; ${publisher.retries} publishes retried`,
            breaches: [
              verdict.gaps > 0 &&
              `${verdict.gaps} gaps, though Redis had every message`,
              state.opened === size && "no client had to reconnect",
              !trial.isShort && max > LATEST_MS &&
              `a message was ${Math.round(max)} ms late`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          };
        },
      );
    }),
};

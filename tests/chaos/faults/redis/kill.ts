import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";

/** How late a message may be that was published while a gateway died. */
const LATEST_MS = 5_000;

/** One gateway after the other dies without a word; clients come back at those that are left. */
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
              `${state.opened - size} times opened again; the latest ` +
              `message ${(max / 1000).toFixed(1)} s late; ` +
              `${publisher.retries} requests repeated`,
            breaches: [
              verdict.gaps > 0 && `${verdict.gaps} gaps, though Redis had all`,
              state.opened === size && "nobody had to come back",
              !trial.isShort && max > LATEST_MS &&
              `a message was ${Math.round(max)} ms late`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          };
        },
      );
    }),
};

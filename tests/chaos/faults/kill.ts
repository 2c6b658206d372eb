import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

/** The gateway's process is killed. Everything in its memory is lost, which with the memory broker is the log. */
export const kill: Fault = {
  number: "2",
  title: "kill -9",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const isDurable = trial.broker === "sqlite";
      const channels = Array.from({ length: 10 }, (_, i) => `kill-${i}`);
      await arena.open({ channels, count: trial.isShort ? 10 : 100 });
      const started = performance.now();
      const publishing = arena.load({
        rate: trial.isShort ? 100 : 300,
        seconds: trial.isShort ? 1 : 8,
      });
      const kills = trial.isShort ? 1 : 3;
      for (let i = 0; i < kills; i++) {
        await arena.publisher.acknowledged(trial.isShort ? 30 : 300);
        const { gateway } = arena;
        gateway.kill("SIGKILL");
        await gateway.exited;
        await arena.startGateway(gateway.port);
      }
      await publishing;
      return await arena.judge(kill, started, ({ verdict, state, size }) => ({
        note: `${kills} kills; ${verdict.gapped} acknowledged messages ` +
          `were inside gaps; ${state.withGap} of ${size} received a gap`,
        breaches: [
          isDurable && verdict.gaps > 0 &&
          `${verdict.gaps} gaps, though the file had every message`,
          !isDurable && state.withGap < size &&
          `${size - state.withGap} received no gap`,
          verdict.gaps > kills * size &&
          `${verdict.gaps} gaps for ${kills} losses at ${size} clients`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    }),
};

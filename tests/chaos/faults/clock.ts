import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

const HOUR_MS = 3_600_000;

/** How late the gateway's answer about its clock may be. */
const TOLERANCE_MS = 60_000;

/** The wall clock of the gateway jumps by an hour, forwards and back. */
export const clock: Fault = {
  number: "25",
  title: "the wall clock jumps by an hour",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      await arena.open({ channels: ["clock"], count: 10 });
      const started = performance.now();
      const publishing = arena.load({
        rate: 100,
        seconds: trial.isShort ? 1.2 : 5,
        lanes: 4,
      });
      const unshifted: string[] = [];
      for (const ms of [HOUR_MS, -HOUR_MS, 0]) {
        await arena.publisher.acknowledged(trial.isShort ? 25 : 100);
        const shifted = await arena.gateway.shiftClock(ms) - Date.now();
        if (Math.abs(shifted - ms) < TOLERANCE_MS) continue;
        unshifted.push(`the clock was shifted by ${shifted} ms, not ${ms}`);
      }
      // Clients resume from the log, whose messages have timestamps of three different hours.
      await arena.network({ cut: true });
      await arena.network({});
      await publishing;
      return await arena.judge(clock, started, ({ verdict, state, size }) => ({
        note: "JavaScript's clock: +1 h, -1 h and back, then a cut",
        breaches: [
          ...unshifted,
          state.opened === size && "no client had to reconnect",
          verdict.gaps > 0 && `${verdict.gaps} gaps`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    }),
};

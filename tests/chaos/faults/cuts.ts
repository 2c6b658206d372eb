import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

/** Sockets die again and again, in the middle of whatever they carry. */
export const cuts: Fault = {
  number: "5",
  title: "sockets cut every 0.2-2 s",
  isLoud: true,
  run: (trial) => {
    // The log must reach back further than a client is away: that is what the promise depends on.
    const flags = ["--history-size", "20000"];
    return Arena.run(trial, { flags }, async (arena) => {
      await arena.open({ channels: ["cuts"], count: trial.isShort ? 10 : 50 });
      await arena.network({ lifetimeMs: [200, 2000] });
      const started = performance.now();
      await arena.load({
        rate: trial.isShort ? 200 : 500,
        seconds: trial.isShort ? 2 : 60,
        batch: trial.isShort ? 2 : 5,
        streams: 10,
      });
      await arena.network({});
      return await arena.judge(cuts, started, ({ verdict, state }) => ({
        note: `${state.cuts} cuts, ${state.opened} times opened; ` +
          `${state.wholeStreams} data streams, each whole`,
        breaches: [
          verdict.gaps > 0 && `${verdict.gaps} gaps, though the log had all`,
          state.brokenStreams > 0 &&
          `${state.brokenStreams} data streams were not whole`,
          state.wholeStreams === 0 && "no data stream was read",
          state.cuts === 0 && "nothing was cut",
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    });
  },
};

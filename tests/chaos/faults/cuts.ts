import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

/** Connections are cut again and again, in the middle of messages. */
export const cuts: Fault = {
  number: "5",
  title: "connections cut every 0.2-2 s",
  isLoud: true,
  run: (trial) => {
    // The log must keep every message that is published while a client reconnects.
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
          `${state.wholeStreams} data streams arrived complete`,
        breaches: [
          verdict.gaps > 0 &&
          `${verdict.gaps} gaps, though the log had every message`,
          state.brokenStreams > 0 &&
          `${state.brokenStreams} data streams were incomplete`,
          state.wholeStreams === 0 && "no data stream was read",
          state.cuts === 0 && "nothing was cut",
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    });
  },
};

import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

const CHANNEL = "races";

/** Subscriptions are made at every moment of a message's way through the gateway. */
export const races: Fault = {
  number: "4",
  title: "subscribing while messages are published",
  isLoud: true,
  run: (trial) => {
    // Short, for those that start at the start; long enough for those that start from an id.
    const flags = ["--history-size", "400"];
    return Arena.run(trial, { flags, isDirect: true }, async (arena) => {
      const started = performance.now();
      const done = new AbortController();
      const publishing = arena.publisher.run({
        channels: [CHANNEL],
        rate: 100,
        seconds: 170,
        lanes: 4,
        signal: done.signal,
      });
      const count = trial.isShort ? 100 : 10_000;
      await Promise.all(
        arena.clients.map((clients) =>
          clients.race({
            channel: CHANNEL,
            count: Math.ceil(count / arena.clients.length),
            lanes: 24,
          })
        ),
      );
      done.abort();
      await publishing;
      const share = Math.ceil(count / arena.clients.length);
      // Redis may drop the first message of a full log between the moment when it is found to be the start and the one when
      // it is read; who starts there is told.
      const atStart = trial.cluster ? share / 10 : 0;
      return await arena.judge(races, started, ({ verdict, state }) => ({
        note: `${share} subscriptions: ` +
          "from an id, the newest few, now, the start",
        breaches: [
          verdict.gaps > atStart && `${verdict.gaps} gaps`,
          verdict.received < 2 * share && `${verdict.received} received`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }), "races");
    });
  },
};

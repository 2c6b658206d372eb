import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

const CHANNEL = "races";

/** Clients subscribe at every moment of a message's way through the gateway. */
export const races: Fault = {
  number: "4",
  title: "subscribing while messages are published",
  isLoud: true,
  run: (trial) => {
    // Short enough that the start of the log moves, long enough for subscriptions from an id.
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
      // Redis may trim the first message of a full log after a gateway has looked up the start and before it reads it. Then a client
      // that starts there receives a gap.
      const atStart = trial.cluster ? share / 10 : 0;
      return await arena.judge(races, started, ({ verdict, state }) => ({
        note: `${share} subscriptions: ` +
          "from an id, the newest few messages, now and the start",
        breaches: [
          verdict.gaps > atStart && `${verdict.gaps} gaps`,
          verdict.received < 2 * share && `${verdict.received} received`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }), "races");
    });
  },
};

import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

/** Seconds that the sessions of this fault last. */
const SESSION_S = 2;

/** How long past its end a session may be open: the gateway waits for a new token that long. */
const GRACE_MS = 12_000;

/** Sessions end in the middle of a stream; some clients can get new tokens, others can't. */
export const expiry: Fault = {
  number: "20",
  title: "sessions end in mid-stream",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const count = trial.isShort ? 5 : 20;
      const channels = ["expiry"];
      const plan = { channels, count, sessionSeconds: SESSION_S };
      await arena.open({ ...plan, group: "renewed" });
      await arena.open({ ...plan, group: "final", isStatic: true });
      const started = performance.now();
      const seconds = trial.isShort ? 3 : 9;
      await arena.load({ rate: 100, seconds });
      const ended = await Promise.all(arena.clients.map(async (clients) => {
        for (;;) {
          const { failures } = await clients.states("final");
          const ms = performance.now() - started;
          if (
            failures.length === count || ms > SESSION_S * 1000 + GRACE_MS
          ) return { clients, failures, ms };
          await pause(100);
        }
      }));
      return await arena.judge(
        expiry,
        started,
        ({ clients, verdict, state, size }) => {
          const { failures = [], ms = 0 } = ended.find((one) =>
            one.clients === clients
          ) ?? {};
          return {
            note: `${state.tokens} tokens for ${size} renewed sessions; ` +
              `without: ${failures.length} of ${count} ended with ` +
              `${[...new Set(failures)]} by ${(ms / 1000).toFixed(1)} s`,
            breaches: [
              state.tokens < size * Math.floor(seconds / SESSION_S) &&
              `only ${state.tokens} tokens were asked for`,
              failures.length < count &&
              `${count - failures.length} without a new token went on`,
              failures.some((code) =>
                code !== "token_expired" && code !== "unauthenticated"
              ) && `ended with ${[...new Set(failures)]}`,
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          };
        },
        "renewed",
      );
    }),
};

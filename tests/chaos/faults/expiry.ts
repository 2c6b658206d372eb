import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import { seconds as elapsed } from "../units.ts";

/** How long a session lasts, in seconds. */
const SESSION_S = 2;

/** How long a session may stay open after its end, while the gateway waits for a new token. */
const GRACE_MS = 12_000;

/** Sessions expire while messages are published; some clients can fetch new tokens, others can't. */
export const expiry: Fault = {
  number: "20",
  title: "sessions expire while messages arrive",
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
              `without a new token ${failures.length} of ${count} ended ` +
              `with ${[...new Set(failures)]} within ${elapsed(ms)}`,
            breaches: [
              state.tokens < size * Math.floor(seconds / SESSION_S) &&
              `only ${state.tokens} tokens were fetched`,
              failures.length < count &&
              `${count - failures.length} continued without a new token`,
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

import { pause } from "../../../../core/time/backoff.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";

/** How late a message may be after its connection was cut. */
const HEALED_MS = 5_000;

/** How late a message may be after its connection went silent, which the gateway has to notice first. */
const FOUND_MS = 60_000;

/** Redis closes the pub/sub connections of the gateways again and again. */
export const killPubSub: Fault = {
  number: "11",
  title: "pub/sub connections killed",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const channels = ["pubsub-0", "pubsub-1", "pubsub-2"];
      await arena.open({ channels, count: trial.isShort ? 9 : 60 });
      const started = performance.now();
      const stop = new AbortController();
      const publishing = arena.load({
        rate: 200,
        seconds: 60,
        signal: stop.signal,
      });
      const rounds = trial.isShort ? 3 : 20;
      let killed = 0;
      for (let round = 0; round < rounds; round++) {
        await publisher.acknowledged(100);
        killed += Number(
          await cluster.master.command("CLIENT", "KILL", "TYPE", "pubsub"),
        );
      }
      await publisher.acknowledged(100);
      stop.abort();
      await publishing;
      return await arena.judge(
        killPubSub,
        started,
        async ({ clients, verdict, state, size }) => {
          const { max } = await clients.latencies();
          return {
            note: `${killed} connections; a message took ${
              seconds(max)
            } at most`,
            breaches: [
              killed < rounds && `only ${killed} were killed`,
              max > HEALED_MS && `a message was ${Math.round(max)} ms late`,
              state.opened !== size && "clients lost their connection",
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          };
        },
      );
    }),
};

/** The gateways' connections to Redis stay open, but nothing passes any more. */
export const silence: Fault = {
  number: "13",
  title: "silent connections to Redis",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const channels = ["silent-0", "silent-1"];
      await arena.open({ channels, count: trial.isShort ? 10 : 50 });
      const started = performance.now();
      const stop = new AbortController();
      const publishing = arena.load({
        rate: 50,
        seconds: 90,
        signal: stop.signal,
      });
      await publisher.acknowledged(50);
      const silent = cluster.redisNetwork.size;
      cluster.redisNetwork.set({ stall: true });
      // New connections work as before.
      cluster.redisNetwork.set({});
      await publisher.acknowledged(50);
      await pause(trial.isShort ? 0 : 15_000);
      stop.abort();
      await publishing;
      return await arena.judge(
        silence,
        started,
        async ({ clients, verdict, state, size }) => {
          const { max } = await clients.latencies();
          return {
            note: `${silent} connections; a message took ${
              seconds(max)
            } at most`,
            breaches: [
              silent === 0 && "there was no connection",
              max > FOUND_MS && `a message was ${Math.round(max)} ms late`,
              state.opened !== size && "clients lost their connection",
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          };
        },
      );
    }),
};

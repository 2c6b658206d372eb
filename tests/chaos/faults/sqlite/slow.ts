import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";
import { Probe } from "./probe.ts";

/** How much longer each sync of a slow disk takes. */
const SLOW_MS = 300;

/** How late the event loop may be on a busy machine. A loop that waits for a sync is late by as long as the sync takes, less one tick. */
const LATE_MS = 0.85 * SLOW_MS;

/** How long a read of a log in memory may take on a busy machine. */
const READ_MS = 1_000;

/** Each sync takes long. */
export const slow: Fault = {
  number: "34",
  title: "each sync takes 300 ms longer",
  isLoud: true,
  run: (trial) =>
    Arena.run(
      trial,
      { flags: KEEP_ALL, disk: { isFaulty: true } },
      async (arena) => {
        const channels = ["slow-0", "slow-1"];
        await arena.open({ channels, count: trial.isShort ? 6 : 25 });
        const started = performance.now();
        const probe = new Probe(arena, "slow-0");
        await probe.publish();
        arena.disk.set("slow", SLOW_MS);
        await arena.gateway.delays();
        const before = arena.disk.counts;
        const publishing = arena.load({
          rate: 100,
          seconds: trial.isShort ? 3 : 15,
        });
        await probe.watch(trial.isShort ? 2_000 : 14_000);
        await publishing;
        const { longest } = await arena.gateway.delays();
        const syncs = arena.disk.counts.syncs - before.syncs;
        arena.disk.set("ok");
        return await judgeWithLateReaders(
          arena,
          channels,
          slow,
          started,
          ({ verdict, state, size }) => ({
            note: `${syncs} syncs; event loop late by ${longest.toFixed(0)} ` +
              `ms at most; reads took ${probe.slowestReadMs.toFixed(0)} ms ` +
              `at most, publishes ${seconds(probe.slowestPublishMs)}`,
            breaches: [
              probe.refusals.size > 0 &&
              `publishes were answered ${[...probe.refusals]}`,
              // A short trial runs beside others, so its times tell nothing.
              !trial.isShort && arena.publisher.retries > 0 &&
              `${arena.publisher.retries} publishes failed`,
              !trial.isShort && longest > LATE_MS &&
              `the event loop was late by ${Math.round(longest)} ms`,
              !trial.isShort && probe.slowestReadMs > READ_MS &&
              `a read took ${Math.round(probe.slowestReadMs)} ms`,
              probe.failedReads.size > 0 &&
              `the log could not be read: ${[...probe.failedReads]}`,
              state.opened !== size &&
              `${state.opened - size} clients lost their connection`,
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          }),
        );
      },
    ),
};

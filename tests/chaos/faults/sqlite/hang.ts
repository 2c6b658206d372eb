import { pause } from "../../../../core/time/backoff.ts";
import { until } from "../../../support/until.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";
import { limitsOf, outageBreaches } from "./outage.ts";
import { Probe } from "./probe.ts";

/** A sync hangs, and goes on much later. */
export const hang: Fault = {
  number: "35",
  title: "a sync hangs for 10 s",
  isLoud: true,
  run: (trial) =>
    Arena.run(
      trial,
      { flags: KEEP_ALL, disk: { isFaulty: true } },
      async (arena) => {
        const limits = limitsOf(trial);
        const channels = ["hang-0", "hang-1"];
        const hangMs = trial.isShort ? 7_000 : 10_000;
        await arena.open({ channels, count: trial.isShort ? 6 : 25 });
        const started = performance.now();
        const stopLoad = arena.keepLoading({ rate: 100, seconds: 120 });
        await arena.publisher.acknowledged(50);
        const probe = new Probe(arena, "hang-0");
        await probe.read();
        await arena.gateway.delays();
        const { syncs } = arena.disk.counts;
        arena.disk.set("hold");
        const released = pause(hangMs).then(() => arena.disk.set("ok"));
        await until(() => arena.disk.counts.syncsBegun > syncs);
        // The publish waits behind the sync; the log of before is read meanwhile.
        const publish = probe.publish();
        const end = performance.now() + hangMs / 2;
        while (performance.now() < end) {
          await probe.read();
          await pause(100);
        }
        await publish;
        const notReadyMs = await probe.untilReadiness(503, limits.refusedMs);
        const { longest } = await arena.gateway.delays();
        await released;
        const healing = performance.now();
        const readyMs = await probe.untilReadiness(200, limits.healedMs);
        await arena.publisher.acknowledged(20);
        const healedMs = performance.now() - healing;
        const times = { notReadyMs, readyMs, healedMs };
        await stopLoad();
        return await judgeWithLateReaders(
          arena,
          channels,
          hang,
          started,
          ({ verdict, state, size }) => ({
            note: `refused within ${seconds(probe.slowestPublishMs)}; ` +
              `healed within ${seconds(healedMs)}; event loop late by ` +
              `${longest.toFixed(0)} ms at most`,
            breaches: [
              ...outageBreaches(probe, times, limits),
              longest > hangMs / 2 &&
              `the event loop was late by ${Math.round(longest)} ms`,
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

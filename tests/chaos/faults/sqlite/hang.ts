import { pause } from "../../../../core/time/backoff.ts";
import { until } from "../../../support/until.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";
import { Probe } from "./probe.ts";

/** How long a publisher may wait until it is refused. A short trial runs beside others, so it allows more. */
const REFUSED_MS = { long: 5_000, short: 15_000 };

/** How long the gateway may need after a sync that hung. */
const HEALED_MS = { long: 5_000, short: 20_000 };

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
        const length = trial.isShort ? "short" : "long";
        const refusedMs = REFUSED_MS[length];
        const mostMs = HEALED_MS[length];
        const channels = ["hang-0", "hang-1"];
        const hangMs = trial.isShort ? 7_000 : 10_000;
        await arena.open({ channels, count: trial.isShort ? 6 : 25 });
        const started = performance.now();
        const stop = new AbortController();
        const publishing = arena.load({
          rate: 100,
          seconds: 120,
          signal: stop.signal,
        });
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
        const notReadyMs = await probe.untilReadiness(503, refusedMs);
        const { longest } = await arena.gateway.delays();
        await released;
        const healing = performance.now();
        const readyMs = await probe.untilReadiness(200, mostMs);
        await arena.publisher.acknowledged(20);
        const healedMs = performance.now() - healing;
        stop.abort();
        await publishing;
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
              [...probe.refusals].join() !== "503 unavailable" &&
              `publishes were answered ${[...probe.refusals]}`,
              probe.slowestPublishMs > refusedMs &&
              `a publisher waited ${Math.round(probe.slowestPublishMs)} ms`,
              notReadyMs === undefined && "/readyz was not 503",
              readyMs === undefined && "/readyz did not get 200 again",
              healedMs > mostMs &&
              `it took ${Math.round(healedMs)} ms to heal`,
              longest > hangMs / 2 &&
              `the event loop was late by ${Math.round(longest)} ms`,
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

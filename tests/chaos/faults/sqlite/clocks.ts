import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";

const DAY_MS = 86_400_000;

/** Starts a gateway whose clock is shifted, after the one of before was killed. */
async function startShifted(arena: Arena, ms: number): Promise<void> {
  const { gateway } = arena;
  gateway.kill("SIGKILL");
  await gateway.exited;
  arena.disk.shiftClock(ms);
  await arena.startGateway(gateway.port);
}

/** The wall clock of the whole process jumps by a day, in all of its threads. The messages live for five minutes. */
export const clockInProcess: Fault = {
  number: "36",
  title: "the wall clock jumps by a day",
  isLoud: false,
  run: (trial) =>
    Arena.run(
      trial,
      {
        flags: [...KEEP_ALL, "--history-ttl", "5m"],
        disk: { isFaulty: true },
      },
      async (arena) => {
        const channels = ["jump-0", "jump-1"];
        const few = trial.isShort ? 25 : 200;
        await arena.open({ channels, count: trial.isShort ? 6 : 20 });
        const started = performance.now();
        const stopLoad = arena.keepLoading({ rate: 100, seconds: 120 });
        for (const ms of [DAY_MS, -DAY_MS, 0]) {
          await arena.publisher.acknowledged(few);
          arena.disk.shiftClock(ms);
          await arena.publisher.acknowledged(few);
          // Clients resume from messages of other days.
          await arena.network({ cut: true });
          await arena.network({});
        }
        await stopLoad();
        return await judgeWithLateReaders(
          arena,
          channels,
          clockInProcess,
          started,
          ({ verdict, state, size }) => ({
            note: "+1 day, -1 day and back, each with a cut",
            breaches: [
              state.opened === size && "no client had to reconnect",
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          }),
        );
      },
    ),
};

/** The wall clock jumps by a day while the gateway is down. The messages live for a week, so a day more or less matters to none. */
export const clockBetweenStarts: Fault = {
  number: "37",
  title: "the wall clock jumps by a day between two starts",
  isLoud: false,
  run: (trial) =>
    Arena.run(
      trial,
      { flags: KEEP_ALL, disk: { isFaulty: true } },
      async (arena) => {
        const channels = ["restart-0", "restart-1"];
        await arena.open({ channels, count: trial.isShort ? 6 : 20 });
        const started = performance.now();
        for (const ms of [DAY_MS, -DAY_MS, 0]) {
          // Nothing is published while it jumps: a key of before may have expired for a gateway to which a day has passed.
          await arena.load({ rate: 100, seconds: trial.isShort ? 0.3 : 3 });
          await startShifted(arena, ms);
        }
        await arena.load({ rate: 100, seconds: 0.3 });
        return await judgeWithLateReaders(
          arena,
          channels,
          clockBetweenStarts,
          started,
          ({ verdict, state }) => ({
            note: "a start with +1 day, one with -1 day, one without",
            breaches: [
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          }),
        );
      },
    ),
};

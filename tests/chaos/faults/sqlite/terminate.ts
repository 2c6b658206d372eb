import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";

/** How long a gateway may take to end after the signal. */
const EXIT_MS = 30_000;

/** The gateway is asked to end while 8 publishers publish, and the next one opens its file. */
export const terminate: Fault = {
  number: "38",
  title: "SIGTERM under load, the same file",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, { flags: KEEP_ALL }, async (arena) => {
      const channels = Array.from({ length: 4 }, (_, i) => `term-${i}`);
      await arena.open({ channels, count: trial.isShort ? 8 : 25 });
      const started = performance.now();
      const stopLoad = arena.keepLoading({ rate: 300, seconds: 180 });
      const rounds = trial.isShort ? 1 : 4;
      const codes: Array<number | null> = [];
      let slowestMs = 0;
      for (let round = 0; round < rounds; round++) {
        await arena.publisher.acknowledged(100);
        const { gateway } = arena;
        const start = performance.now();
        gateway.kill("SIGTERM");
        codes.push((await gateway.exited).code);
        slowestMs = Math.max(slowestMs, performance.now() - start);
        await arena.startGateway(gateway.port);
      }
      await arena.publisher.acknowledged(100);
      await stopLoad();
      return await judgeWithLateReaders(
        arena,
        channels,
        terminate,
        started,
        ({ verdict, state }) => ({
          note: `${rounds} times; exit codes ${codes} within ` +
            seconds(slowestMs),
          breaches: [
            codes.some((code) => code !== 0) && `the exit codes were ${codes}`,
            slowestMs > EXIT_MS && `it took ${seconds(slowestMs)} to end`,
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
            state.failures.length > 0 && `ended: ${state.failures}`,
          ],
        }),
      );
    }),
};

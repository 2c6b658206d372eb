import { pause } from "../../../../core/time/backoff.ts";
import { ADMIN_KEY, readSamples } from "../../../support/metrics/samples.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";

/** How many messages are acknowledged between two kills at most. */
const BETWEEN = 20;

/** How long after the last of them the gateway is killed at most: longer than a commit takes. */
const MOMENT_MS = 10;

/** How long the kills may take: each one waits for a start. */
const LONGEST_S = 1200;

/** The gateway's process is killed again and again, at random moments of its commits. */
export const kills: Fault = {
  number: "29",
  title: "kill -9 at random moments, the same file",
  isLoud: false,
  longestMs: LONGEST_S * 1000,
  run: (trial) =>
    Arena.run(
      trial,
      { flags: [...KEEP_ALL, "--admin-key", ADMIN_KEY] },
      async (arena) => {
        const channels = Array.from({ length: 10 }, (_, i) => `kills-${i}`);
        await arena.open({ channels, count: trial.isShort ? 10 : 25 });
        const started = performance.now();
        const stopLoad = arena.keepLoading({ rate: 200, seconds: LONGEST_S });
        const count = trial.isShort ? 6 : 100;
        for (let i = 0; i < count; i++) {
          await arena.publisher.acknowledged(
            1 + Math.floor(Math.random() * BETWEEN),
          );
          await pause(Math.random() * MOMENT_MS);
          const { gateway } = arena;
          gateway.kill("SIGKILL");
          await gateway.exited;
          await arena.startGateway(gateway.port);
        }
        await arena.publisher.acknowledged(BETWEEN);
        await stopLoad();
        const rows = await judgeWithLateReaders(
          arena,
          channels,
          kills,
          started,
          ({ verdict, state, size }) => ({
            note: `${count} kills; ${arena.publisher.retries} publishes ` +
              `retried; ${state.opened - size} reconnects`,
            breaches: [
              verdict.gaps > 0 && `${verdict.gaps} gaps`,
              state.opened === size && "no client had to reconnect",
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          }),
        );
        const samples = await readSamples(arena.gateway);
        const lost = samples.get('tidings_resumes_total{recovered="false"}');
        for (const row of rows) {
          if (lost !== 0) row.breaches.push(`${lost} resumes not recovered`);
        }
        return rows;
      },
    ),
};

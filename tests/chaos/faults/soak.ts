import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import { mib } from "../units.ts";

/** How much the heap may grow between two measurements that are 40 seconds apart. */
const GROWTH_BYTES = 4 * 1024 * 1024;

/** Data that harms code which merges it into objects. */
const CORPUS: readonly object[] = [
  JSON.parse('{"__proto__":{"isAdmin":true}}'),
  JSON.parse('{"constructor":{"prototype":{"isAdmin":true}}}'),
  JSON.parse('{"a":{"__proto__":[1,2,3]},"toString":null,"hasOwnProperty":1}'),
  { kind: "ready", data: { ticket: "none" }, id: "zzzzzzzz-1" },
  { text: "data: 1\n\nid: zzzzzzzz-1\r\n\r\nevent: close\n\n\u2028\u0000" },
];

/** Clients come and go while messages are published. */
export const soak: Fault = {
  number: "27",
  title: "5 % of the clients replaced each second",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const count = 40;
      const seconds = trial.isShort ? 2 : 60;
      const channels = Array.from({ length: 8 }, (_, i) => `soak-${i}`);
      await arena.open({ channels, count });
      const started = performance.now();
      const publishing = arena.load({ rate: 60, seconds, padding: 300 });
      const churn = async (rounds: number): Promise<void> => {
        for (let round = 0; round < rounds; round++) {
          const pausing = pause(1_000);
          for (const data of CORPUS) await arena.publisher.once(channels, data);
          await Promise.all(
            arena.clients.map((clients) => clients.churn("all", count / 20)),
          );
          await pausing;
        }
      };
      // First the log fills and the runtimes compile the code.
      await churn(seconds / 3);
      const before = await arena.gateway.memory();
      const filesBefore = arena.gateway.openFiles;
      await churn(seconds * 2 / 3);
      await publishing;
      const after = await arena.gateway.memory();
      const filesAfter = arena.gateway.openFiles;
      const grown = after.heapUsed - before.heapUsed;
      return await arena.judge(soak, started, ({ verdict, state }) => ({
        note: `${state.opened} times opened; heap ${mib(before.heapUsed)}, ` +
          `then ${mib(after.heapUsed)}; ` +
          `open files ${filesBefore}, then ${filesAfter}`,
        breaches: [
          !trial.isShort && grown > GROWTH_BYTES &&
          `the heap grew by ${mib(grown)}`,
          filesAfter > filesBefore + 20 &&
          `${filesAfter - filesBefore} more files are open`,
          after.isPolluted && "Object.prototype was changed",
          verdict.gaps > 0 && `${verdict.gaps} gaps`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    }),
};

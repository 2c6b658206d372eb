import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { digestOf } from "../../ledger.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";
import { Probe } from "./probe.ts";

const LONE = "commits-lone";

/** A lone commit has fewer writes and syncs than this. */
const MOST_OPERATIONS = 100;

/** The lane of the lone messages in the ledger. */
const LANE = -2_000_000;

/** The results of the disturbed commits. */
interface Attempts {
  count: number;
  /** How often the message was in the log though the answer was not its id. */
  unanswered: number;
  readonly problems: string[];
}

/** Starts a gateway after the disk has killed the last one. */
async function restart(arena: Arena): Promise<void> {
  const { gateway } = arena;
  await gateway.exited;
  arena.disk.set("ok");
  await arena.startGateway(gateway.port);
}

/** Publishes a message, and returns how many writes and syncs its commit has until the answer. */
async function countOperations(arena: Arena, probe: Probe): Promise<number> {
  // The first message of a channel has more of them.
  await probe.publish();
  arena.disk.set("die", MOST_OPERATIONS);
  await probe.publish();
  const operations = MOST_OPERATIONS - arena.disk.amount;
  arena.disk.set("ok");
  return operations;
}

/** Gives the disk a fault after some writes and syncs of a commit, publishes the message again, and looks for it in the log. */
async function disturb(
  fault: "die" | "cut" | "eio",
  operations: number,
  arena: Arena,
  probe: Probe,
  attempts: Attempts,
): Promise<void> {
  const data = { attempt: ++attempts.count };
  const key = `attempt-${attempts.count}`;
  arena.disk.set(fault, operations);
  const first = await probe.publishData(data, key);
  if (fault !== "eio" && arena.disk.amount <= 0) await restart(arena);
  else arena.disk.set("ok");
  const digest = digestOf("data", data);
  const found = (await probe.read())
    .find((message) => digestOf("data", message.data) === digest);
  if (found && first.id === undefined) attempts.unanswered++;
  const again = await probe.publishData(data, key);
  if (again.id === undefined) {
    attempts.problems.push(`the retry was answered ${again.status}`);
    arena.ledger.doubt(LONE, digest);
    return;
  }
  arena.ledger.acknowledge(LONE, again.id, digest, LANE);
  const ids = new Set([first.id ?? again.id, found?.id ?? again.id, again.id]);
  if (ids.size > 1) {
    attempts.problems.push(`one key got the ids ${[...ids].join(", ")}`);
  }
}

/** The gateway ends after each write and each sync of a commit, so also when a message is on disk and its answer has not left. */
function endings(number: string, title: string, ending: "die" | "cut"): Fault {
  const fault: Fault = {
    number,
    title,
    isLoud: false,
    longestMs: 1_200_000,
    run: (trial) =>
      Arena.run(
        trial,
        {
          flags: KEEP_ALL,
          disk: { canLosePower: ending === "cut", isFaulty: true },
        },
        async (arena) => {
          const channels = [LONE, "commits-0", "commits-1"];
          const started = performance.now();
          const probe = new Probe(arena, LONE);
          const attempts: Attempts = { count: 0, unanswered: 0, problems: [] };
          const operations = await countOperations(arena, probe);
          const rounds = trial.isShort ? 1 : 3;
          // The sync and what follows it are the last ones.
          const first = trial.isShort ? Math.max(1, operations - 3) : 1;
          for (let round = 0; round < rounds; round++) {
            for (let n = first; n <= operations; n++) {
              await disturb(ending, n, arena, probe, attempts);
            }
          }
          // Clients that are there earlier would wait longer and longer before they connect again.
          await arena.open({ channels, count: trial.isShort ? 6 : 24 });
          const stop = new AbortController();
          const publishing = arena.publisher.run({
            channels: channels.slice(1),
            rate: 200,
            seconds: 200,
            signal: stop.signal,
          });
          const underLoad = trial.isShort ? 2 : 20;
          for (let n = 1; n <= underLoad; n++) {
            await arena.publisher.acknowledged(10);
            arena.disk.set(ending, n);
            await restart(arena);
          }
          await arena.publisher.acknowledged(10);
          stop.abort();
          await publishing;
          return await judgeWithLateReaders(
            arena,
            channels,
            fault,
            started,
            ({ verdict, state }) => ({
              note: `${attempts.count} times within ${operations} writes and ` +
                `syncs of a lone commit, ${attempts.unanswered} times the ` +
                `message was in the log and not answered; ${underLoad} ` +
                "times under load",
              breaches: [
                ...attempts.problems,
                operations < 2 && `a commit had ${operations} operations`,
                attempts.unanswered === 0 &&
                "no crash came between the commit and the answer",
                verdict.gaps > 0 && `${verdict.gaps} gaps`,
                state.failures.length > 0 && `ended: ${state.failures}`,
              ],
            }),
          );
        },
      ),
  };
  return fault;
}

/** The process is killed. */
export const killedCommits: Fault = endings(
  "30",
  "killed at each write and sync of a commit",
  "die",
);

/** The power is cut: writes that no sync has followed are lost, all or a part of them. */
export const cutCommits: Fault = endings(
  "42",
  "the power is cut at each write and sync of a commit",
  "cut",
);

/** Each write and each sync of a commit fails, and the next ones work again. */
export const failedCommits: Fault = {
  number: "41",
  title: "an I/O error at each write and sync of a commit",
  isLoud: false,
  run: (trial) =>
    Arena.run(
      trial,
      { flags: KEEP_ALL, disk: { isFaulty: true } },
      async (arena) => {
        await arena.open({ channels: [LONE], count: trial.isShort ? 3 : 10 });
        const started = performance.now();
        const probe = new Probe(arena, LONE);
        const attempts: Attempts = { count: 0, unanswered: 0, problems: [] };
        const operations = await countOperations(arena, probe);
        const rounds = trial.isShort ? 1 : 10;
        for (let round = 0; round < rounds; round++) {
          for (let n = 0; n < operations; n++) {
            await disturb("eio", n, arena, probe, attempts);
          }
        }
        return await judgeWithLateReaders(
          arena,
          [LONE],
          failedCommits,
          started,
          ({ verdict, state, size }) => ({
            note: `${attempts.count} errors within ${operations} writes and ` +
              `syncs of a lone commit, ${attempts.unanswered} times the ` +
              "message was in the log nevertheless",
            breaches: [
              ...attempts.problems,
              operations < 2 && `a commit had ${operations} operations`,
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

import type { DiskFault } from "../../../support/disk/faulty_disk.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";
import { limitsOf, outageBreaches } from "./outage.ts";
import { Probe } from "./probe.ts";

/** How long it may take until a publish is refused at all: a full disk has room for some more. */
const FILLED_MS = 20_000;

/** The disk refuses to write for some time, and then works again. The process stays the same. */
function refusal(number: string, title: string, disk: DiskFault): Fault {
  const fault: Fault = {
    number,
    title,
    isLoud: true,
    run: (trial) =>
      Arena.run(
        trial,
        { flags: KEEP_ALL, disk: { isFaulty: true } },
        async (arena) => {
          const limits = limitsOf(trial);
          const channels = [`${disk}-0`, `${disk}-1`];
          await arena.open({ channels, count: trial.isShort ? 6 : 25 });
          const started = performance.now();
          const stopLoad = arena.keepLoading({ rate: 100, seconds: 120 });
          await arena.publisher.acknowledged(50);
          const probe = new Probe(arena, `${disk}-0`);
          arena.disk.set(disk);
          const refused = await probe.untilRefused(FILLED_MS);
          const notReadyMs = await probe.untilReadiness(503, limits.refusedMs);
          await probe.watch(trial.isShort ? 1_000 : 10_000);
          arena.disk.set("ok");
          const healing = performance.now();
          const readyMs = await probe.untilReadiness(200, limits.healedMs);
          await arena.publisher.acknowledged(20);
          const healedMs = performance.now() - healing;
          const times = { notReadyMs, readyMs, healedMs };
          const states = await Promise.all(
            arena.clients.map((clients) => clients.states("all")),
          );
          // Every acknowledged message must be in the file, not only in the memory of the process that had the fault.
          const { gateway } = arena;
          gateway.kill("SIGKILL");
          await gateway.exited;
          await arena.startGateway(gateway.port);
          await arena.publisher.acknowledged(20);
          await stopLoad();
          return await judgeWithLateReaders(
            arena,
            channels,
            fault,
            started,
            ({ clients, verdict, state, size }) => {
              const { opened = 0 } = states[arena.clients.indexOf(clients)] ??
                {};
              return {
                note: `refused within ${seconds(probe.slowestPublishMs)}; ` +
                  `healed within ${seconds(healedMs)}`,
                breaches: [
                  !refused && "no publish was refused",
                  ...outageBreaches(probe, times, limits),
                  opened !== size &&
                  `${opened - size} clients lost their connection`,
                  verdict.gaps > 0 && `${verdict.gaps} gaps`,
                  state.failures.length > 0 && `ended: ${state.failures}`,
                ],
              };
            },
          );
        },
      ),
  };
  return fault;
}

/** The disk has no space, and then some again. */
export const full: Fault = refusal("31", "the disk is full, then not", "full");

/** Writes and syncs fail with an I/O error, and then work again. */
export const inputOutput: Fault = refusal(
  "32",
  "I/O errors of writes and syncs, healed",
  "eio",
);

/** The disk gets read-only, as after an error of its file system, and then writable again. */
export const readOnly: Fault = refusal(
  "33",
  "the disk gets read-only, then writable",
  "readonly",
);

import type { DiskFault } from "../../../support/disk/faulty_disk.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";
import { judgeWithLateReaders, KEEP_ALL } from "./late_readers.ts";
import { Probe } from "./probe.ts";

/** How long a publisher may wait until it is refused. A short trial runs beside others, so it allows more. */
const REFUSED_MS = { long: 5_000, short: 15_000 };

/** How long it may take until a publish is refused at all: a full disk has room for some more. */
const FILLED_MS = 20_000;

/** How long the gateway may need to heal. */
const HEALED_MS = { long: 5_000, short: 20_000 };

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
          const length = trial.isShort ? "short" : "long";
          const refusedMs = REFUSED_MS[length];
          const mostMs = HEALED_MS[length];
          const channels = [`${disk}-0`, `${disk}-1`];
          await arena.open({ channels, count: trial.isShort ? 6 : 25 });
          const started = performance.now();
          const stop = new AbortController();
          const publishing = arena.load({
            rate: 100,
            seconds: 120,
            signal: stop.signal,
          });
          await arena.publisher.acknowledged(50);
          const probe = new Probe(arena, `${disk}-0`);
          arena.disk.set(disk);
          const refused = await probe.untilRefused(FILLED_MS);
          const notReadyMs = await probe.untilReadiness(503, refusedMs);
          await probe.watch(trial.isShort ? 1_000 : 10_000);
          arena.disk.set("ok");
          const healing = performance.now();
          const readyMs = await probe.untilReadiness(200, mostMs);
          await arena.publisher.acknowledged(20);
          const healedMs = performance.now() - healing;
          const states = await Promise.all(
            arena.clients.map((clients) => clients.states("all")),
          );
          // Every acknowledged message must be in the file, not only in the memory of the process that had the fault.
          const { gateway } = arena;
          gateway.kill("SIGKILL");
          await gateway.exited;
          await arena.startGateway(gateway.port);
          await arena.publisher.acknowledged(20);
          stop.abort();
          await publishing;
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
                  [...probe.refusals].some((one) =>
                    one !== "503 unavailable"
                  ) &&
                  `publishes were answered ${[...probe.refusals]}`,
                  probe.slowestPublishMs > refusedMs &&
                  `a publisher waited ${Math.round(probe.slowestPublishMs)} ms`,
                  notReadyMs === undefined && "/readyz was not 503",
                  readyMs === undefined && "/readyz did not get 200 again",
                  healedMs > mostMs &&
                  `it took ${Math.round(healedMs)} ms to heal`,
                  probe.failedReads.size > 0 &&
                  `the log could not be read: ${[...probe.failedReads]}`,
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

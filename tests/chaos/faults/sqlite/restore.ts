import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import type { ChannelRecord } from "../../ledger.ts";
import { KEEP_ALL } from "./late_readers.ts";

/** The end of the name of the file in which the owner of a database notes how far it was. */
const OWNER = "-owner";

/** A way in which an operator restores a database. */
interface Restoration {
  readonly number: string;
  readonly title: string;
  /** Whether the owner's note stays, as newer than the database, or is missing. */
  readonly note: "newer" | "missing";
}

/** Copies the files of a database into a folder, without the owner's note. */
async function save(path: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(basename(path)) || name.includes(OWNER)) continue;
    await cp(join(dirname(path), name), join(folder, name));
  }
}

/** Puts the files back in place of those of now. */
async function restore(
  path: string,
  folder: string,
  { note }: Restoration,
): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(basename(path))) continue;
    if (name.includes(OWNER) && note === "newer") continue;
    await rm(join(dirname(path), name));
  }
  await cp(folder, dirname(path), { recursive: true });
}

/** Lets the messages of the copy come again: the new epoch has them with new ids. */
function permitAgain(
  { ledger }: Arena,
  saved: Readonly<Record<string, ChannelRecord>>,
): void {
  for (const [channel, { acknowledged }] of Object.entries(saved)) {
    for (const [, , digest] of acknowledged) ledger.doubt(channel, digest);
  }
}

async function kill({ gateway }: Arena): Promise<void> {
  gateway.kill("SIGKILL");
  await gateway.exited;
}

function restoration(given: Restoration): Fault {
  const fault: Fault = {
    number: given.number,
    title: given.title,
    isLoud: false,
    run: (trial) =>
      Arena.run(trial, { flags: KEEP_ALL }, async (arena) => {
        const { path = "" } = arena.storage;
        const copy = join(dirname(path), "copy");
        const channels = ["restored-0", "restored-1"];
        await arena.open({ channels, count: trial.isShort ? 6 : 20 });
        const started = performance.now();
        const seconds = trial.isShort ? 0.5 : 4;
        await arena.load({ rate: 100, seconds });
        const { port } = arena.gateway;
        await kill(arena);
        await save(path, copy);
        const saved = arena.ledger.records();
        await arena.startGateway(port);
        await arena.load({ rate: 100, seconds });
        const tops = arena.ledger.tops();
        await Promise.all(
          arena.clients.map((clients) =>
            clients.awaitTops("all", tops, 30_000)
          ),
        );
        await kill(arena);
        await restore(path, copy, given);
        permitAgain(arena, saved);
        await arena.startGateway(port);
        await arena.load({ rate: 100, seconds });
        return await arena.judge(
          fault,
          started,
          ({ verdict, state, size }) => ({
            note: `${state.withGap} of ${size} received a gap`,
            breaches: [
              state.withGap !== size && `${state.withGap} received a gap`,
              verdict.gaps !== size &&
              `${verdict.gaps} gaps at ${size} clients`,
              state.failures.length > 0 && `ended: ${state.failures}`,
            ],
          }),
        );
      }),
  };
  return fault;
}

/** An older copy of the database takes the place of the newer one, beside the owner's note about the newer one. */
export const restoredBesideNote: Fault = restoration({
  number: "39",
  title: "an older copy is restored beside the owner's note",
  note: "newer",
});

/** An older copy of the database takes the place of the newer one, and the owner's note is gone. */
export const restoredWithoutNote: Fault = restoration({
  number: "40",
  title: "an older copy is restored, the owner's note is gone",
  note: "missing",
});

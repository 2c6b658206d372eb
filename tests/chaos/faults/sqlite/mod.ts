import type { Fault } from "../../fault.ts";
import { roll } from "../drain.ts";
import { FAULTS } from "../mod.ts";
import { clockBetweenStarts, clockInProcess } from "./clocks.ts";
import { cutCommits, failedCommits, killedCommits } from "./commits.ts";
import { hang } from "./hang.ts";
import { kills } from "./kills.ts";
import { openings } from "./openings.ts";
import { full, inputOutput, readOnly } from "./refusals.ts";
import { restoredBesideNote, restoredWithoutNote } from "./restore.ts";
import { slow } from "./slow.ts";
import { terminate } from "./terminate.ts";

/** The faults of the file that need no faulty disk. */
export const FILE_FAULTS: readonly Fault[] = [
  kills,
  terminate,
  restoredBesideNote,
  restoredWithoutNote,
];

/** The faults of the disk below the file. */
export const DISK_FAULTS: readonly Fault[] = [
  killedCommits,
  cutCommits,
  failedCommits,
  openings,
  full,
  inputOutput,
  readOnly,
  slow,
  hang,
  clockInProcess,
  clockBetweenStarts,
];

/** All faults of a gateway with the SQLite broker. Two gateways can't have one file, so none takes over while the other one drains. */
export const SQLITE_FAULTS: readonly Fault[] = [
  ...FAULTS.filter((fault) => fault !== roll),
  ...[...FILE_FAULTS, ...DISK_FAULTS].sort((a, b) =>
    Number(a.number) - Number(b.number)
  ),
];

import type { Arena, Outcome, Remarks } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import type { Row } from "../../table.ts";

/** The arguments of a gateway whose log keeps every message of a fault. */
export const KEEP_ALL: readonly string[] = [
  "--history-size",
  "1000000",
  "--history-bytes",
  "1000000000",
  "--history-ttl",
  "7d",
];

/** The group of the subscriptions that are opened last. */
const LATE = "late";

/**
 * Judges an arena as usual, and also by clients that subscribe only now and read each channel from its start. So every acknowledged
 * message must be in the file, not only at the clients that were there when it was published.
 */
export async function judgeWithLateReaders(
  arena: Arena,
  channels: readonly string[],
  fault: Fault,
  started: number,
  remark: (outcome: Outcome) => Remarks | Promise<Remarks>,
): Promise<Row[]> {
  await arena.open({ channels, count: channels.length, group: LATE });
  const rows = await arena.judge(fault, started, remark);
  const late = await arena.judge(fault, started, ({ verdict }) => ({
    breaches: [verdict.gaps > 0 && `${verdict.gaps} gaps`],
  }), LATE);
  return rows.map((row, i) => ({
    ...row,
    breaches: [
      ...row.breaches,
      ...late[i]?.breaches.map((breach) => `a late reader: ${breach}`) ?? [],
    ],
  }));
}

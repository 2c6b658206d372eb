import { RUNTIMES, TITLES } from "../../tests/support/process/programs.ts";
import type { Disk } from "../disks/disk.ts";
import { brokerName, BROKERS } from "../peers/brokers.ts";
import { jetStreamName } from "../peers/jetstream.ts";
import type { ResultsFile } from "../results_file.ts";
import { acksTitle } from "../scenarios/durable_acks.ts";
import { SIZES_TITLE } from "../scenarios/durable_sizes.ts";
import { count, CPU, precise, RATE, table } from "./cells.ts";

const P50 = "p50, ms";
const BYTES = "file bytes per message";

/** Returns the title of the section with callers of one channel. */
function acks(disk: Disk, callers: number): string {
  return acksTitle(disk, { callers, channels: 1 });
}

/** Returns a table of what a publish costs with the SQLite broker on each runtime, on the run's disk and on a played one. */
export function sqliteCosts(results: ResultsFile): string {
  const row = (
    what: string,
    section: string,
    column: string,
    write: (value: number | undefined) => string,
  ) => [
    what,
    ...RUNTIMES.map((runtime) =>
      write(results.number(section, brokerName(runtime, "SQLite"), column))
    ),
  ];
  const perDisk = (disk: Disk, where: string) => [
    row(`publishes/s, 256 at once${where}`, acks(disk, 256), RATE, count),
    row(`publishes/s, one by one${where}`, acks(disk, 1), RATE, count),
    row(`p50 of one by one, ms${where}`, acks(disk, 1), P50, digits),
  ];
  return table(["", ...RUNTIMES.map((runtime) => TITLES[runtime])], [
    ...perDisk("own", ""),
    ...perDisk("played", ", fdatasync of 3 ms"),
    row("CPU a publish, µs, 256 at once", acks("own", 256), CPU, digits),
    row("CPU a publish, µs, one by one", acks("own", 1), CPU, digits),
    row("bytes of the file a message of 250", SIZES_TITLE, BYTES, count),
  ]);
}

/** Returns a table of the brokers beside each other, on Node, and of JetStream. */
export function brokers(results: ResultsFile): string {
  const rows = [
    ...BROKERS.map((broker) => [broker, brokerName("node", broker)]),
    ...(["default", "always"] as const).map((sync) => [
      jetStreamName(sync),
      jetStreamName(sync),
    ]),
  ];
  return table(
    [
      "",
      "publishes/s, 256 at once",
      "one by one",
      "CPU a publish, µs",
      "RSS, MiB",
    ],
    rows.map(([label = "", row = ""]) => [
      label,
      count(results.number(acks("own", 256), row, RATE)),
      count(results.number(acks("own", 1), row, RATE)),
      digits(results.number(acks("own", 256), row, CPU)),
      count(results.number(SIZES_TITLE, row, "RSS, MiB")),
    ]),
  );
}

function digits(value: number | undefined): string {
  return value === undefined ? "" : precise(value);
}

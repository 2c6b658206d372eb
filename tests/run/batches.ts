import { runsOnce } from "./files.ts";

/** Tests that load the machine. Nothing runs beside them. */
const ALONE = ["tests/chaos/", "tests/fuzz/"];

/** Tests that wait for Redis most of the time, and bound how long a gateway takes after a fault. Only their like run beside them. */
const QUIET = [
  "tests/server/brokers/redis_cluster_test.ts",
  "tests/server/brokers/redis_faults_test.ts",
  "tests/server/brokers/redis_gateways_test.ts",
];

/** Test files in the order in which they run. */
export interface Batches {
  /** Lists that run beside each other, each in a process of its own. */
  readonly beside: readonly (readonly string[])[];
  /** Lists that run after them, beside each other. */
  readonly quiet: readonly (readonly string[])[];
  /** The files that run last, alone. */
  readonly alone: readonly string[];
}

/**
 * Makes batches of test files for a number of processes that each take the next batch when they are done. The later a batch, the smaller it
 * is, so that all processes end at about the same time. What runs once starts other programs and takes long: such files come first, one
 * by one.
 */
export function makeBatches(
  files: readonly string[],
  processes: number,
): Batches {
  const isOf = (paths: readonly string[]) => (file: string): boolean =>
    paths.some((path) => file.startsWith(path));
  const shared = files.filter((file) => !isOf([...ALONE, ...QUIET])(file));
  const long = shared.filter(runsOnce);
  const rest = shared.filter((file) => !runsOnce(file));
  const beside = long.map((file) => [file]);
  while (rest.length > 0) {
    beside.push(rest.splice(0, Math.ceil(rest.length / (2 * processes))));
  }
  return {
    beside,
    quiet: files.filter(isOf(QUIET)).map((file) => [file]),
    alone: files.filter(isOf(ALONE)),
  };
}

/** Tests that load the machine, or bound how long a gateway takes after a fault. Nothing runs beside them. */
const ALONE = [
  "tests/chaos/",
  "tests/docs/",
  "tests/fuzz/",
  "tests/server/brokers/redis_cluster_test.ts",
  "tests/server/brokers/redis_faults_test.ts",
  "tests/server/brokers/redis_gateways_test.ts",
];

/** Test files in the order in which they run. */
export interface Lanes {
  /** Lists that run beside each other, each in a process of its own. */
  readonly beside: readonly (readonly string[])[];
  /** The files that run after them, alone. */
  readonly alone: readonly string[];
}

/** Deals test files out to a number of processes. */
export function dealOut(files: readonly string[], count: number): Lanes {
  const isAlone = (file: string): boolean =>
    ALONE.some((path) => file.startsWith(path));
  const beside = Array.from({ length: count }, (): string[] => []);
  files.filter((file) => !isAlone(file)).forEach((file, index) => {
    beside[index % count]?.push(file);
  });
  return {
    beside: beside.filter((lane) => lane.length > 0),
    alone: files.filter(isAlone),
  };
}

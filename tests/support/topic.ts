/** The topic that the chaos harness and the benchmarks publish to. */
export const TOPIC = "t";

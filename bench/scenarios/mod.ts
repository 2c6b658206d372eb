import type { Lab } from "../lab.ts";
import type { Section } from "../results.ts";
import { fanOut } from "./fan_out.ts";

/** What is measured together, in one set of servers. */
export interface Scenario {
  /** Numbers that it goes by. */
  readonly numbers: readonly string[];
  /**
   * Measures.
   *
   * @param numbers Those of its numbers that are wanted.
   */
  run(lab: Lab, numbers: readonly string[]): Promise<Section[]>;
}

/** All scenarios, in the order of their numbers. */
export const SCENARIOS: readonly Scenario[] = [
  { numbers: ["1", "2"], run: fanOut },
];

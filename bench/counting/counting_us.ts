import { run } from "../../tests/run/command.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";

/** Measures the CPU time that a gateway on a runtime takes to count one message for its metrics, in microseconds. */
export async function countingUs(
  programs: Programs,
  runtime: RuntimeName,
): Promise<number> {
  const command = commandFor(programs, runtime, "bench/counting/main.ts");
  const { output } = await run(command, { output: "collect" });
  const us = Number(output);
  if (!(us > 0)) throw new Error(`Cannot measure counting: ${output}`);
  return us;
}

import type { Transport } from "./client_protocol.ts";
import type { Programs, RuntimeName } from "../support/process/programs.ts";
import type { Row } from "./table.ts";

/** On what, and how thoroughly, a fault is tried. */
export interface Trial {
  readonly programs: Programs;
  /** The runtime of the gateway. */
  readonly runtime: RuntimeName;
  /** The runtimes of several gateways on one Redis, where it is not a single one with the memory broker. */
  readonly cluster?: readonly RuntimeName[];
  /** The runtime of the clients. */
  readonly clients: RuntimeName;
  readonly transports: readonly Transport[];
  /** Whether a few seconds have to do. */
  readonly isShort: boolean;
}

/** A fault that can be tried. */
export interface Fault {
  /** Its number in the catalogue of `docs/guarantees.md`. */
  readonly number: string;
  readonly title: string;
  /** Whether it keeps the machine so busy, or measures so finely, that nothing else may run beside it. */
  readonly isLoud: boolean;
  /** Tries it: a row for each transport. */
  run(trial: Trial): Promise<Row[]>;
}

/** What a fault found out. */
export interface Finding {
  readonly transport: string;
  readonly sent?: number;
  readonly received?: number;
  readonly lost?: number;
  readonly duplicated?: number;
  readonly reordered?: number;
  readonly gaps?: number;
  readonly note?: string;
  readonly breaches?: readonly string[];
}

/** Makes a row of what a fault found out since a moment of `performance.now()`. */
export function rowOf(
  fault: Fault,
  { runtime, cluster = [runtime] }: Trial,
  started: number,
  finding: Finding,
): Row {
  return {
    sent: 0,
    received: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    gaps: 0,
    note: "",
    ...finding,
    breaches: [...finding.breaches ?? []],
    fault: fault.number,
    title: fault.title,
    runtime: [...new Set(cluster)].join(", "),
    seconds: (performance.now() - started) / 1000,
  };
}

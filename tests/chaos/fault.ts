import type { Transport } from "./client_protocol.ts";
import type { Programs, RuntimeName } from "../support/process/programs.ts";
import type { Row } from "./table.ts";

/** The runtimes and transports that a fault is tried on, and how thoroughly. */
export interface Trial {
  readonly programs: Programs;
  /** The runtime of the gateway. */
  readonly runtime: RuntimeName;
  /**
   * The broker of a single gateway.
   *
   * @default {"memory"}
   */
  readonly broker?: "memory" | "sqlite";
  /** The runtimes of several gateways on one Redis; absent for a single gateway. */
  readonly cluster?: readonly RuntimeName[];
  /** The runtime of the clients. */
  readonly clients: RuntimeName;
  readonly transports: readonly Transport[];
  /** Whether a trial may take only a few seconds. */
  readonly isShort: boolean;
}

/** A fault, and how the promises that it could break are checked. */
export interface Fault {
  /** Its number in the catalogue of `docs/guarantees.md`. */
  readonly number: string;
  readonly title: string;
  /** Whether nothing else may run beside it, as it loads the machine or measures times. */
  readonly isLoud: boolean;
  /**
   * How long it may take, in milliseconds.
   *
   * @default {240_000}
   */
  readonly longestMs?: number;
  /** Runs the fault and returns a row for each transport. */
  run(trial: Trial): Promise<Row[]>;
}

/** The result of a fault. */
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

/**
 * Returns the row of a result.
 *
 * @param started When the fault started, by `performance.now()`.
 */
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

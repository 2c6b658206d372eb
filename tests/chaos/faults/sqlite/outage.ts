import type { Remarks } from "../../arena.ts";
import type { Trial } from "../../fault.ts";
import type { Probe } from "./probe.ts";

/** The times that an outage of the disk may take, in milliseconds. */
export interface OutageLimits {
  /** How long a publisher may wait until it is refused. */
  readonly refusedMs: number;
  /** How long the gateway may need to heal. */
  readonly healedMs: number;
}

/** The times that an outage of the disk took, in milliseconds; `undefined` for what never came. */
export interface OutageTimes {
  /** Until `/readyz` was 503. */
  readonly notReadyMs: number | undefined;
  /** From the end of the fault until `/readyz` was 200 again. */
  readonly readyMs: number | undefined;
  /** From the end of the fault until messages were acknowledged again. */
  readonly healedMs: number;
}

/** Returns the limits of a trial. A short one runs beside others, so it allows more. */
export function limitsOf({ isShort }: Trial): OutageLimits {
  return isShort
    ? { refusedMs: 15_000, healedMs: 20_000 }
    : { refusedMs: 5_000, healedMs: 5_000 };
}

/** Returns what a gateway broke that must refuse publishes while its disk is away, show it, go on reading, and heal by itself. */
export function outageBreaches(
  { refusals, failedReads, slowestPublishMs }: Probe,
  { notReadyMs, readyMs, healedMs }: OutageTimes,
  limits: OutageLimits,
): NonNullable<Remarks["breaches"]> {
  return [
    [...refusals].join() !== "503 unavailable" &&
    `publishes were answered ${[...refusals]}`,
    slowestPublishMs > limits.refusedMs &&
    `a publisher waited ${Math.round(slowestPublishMs)} ms`,
    notReadyMs === undefined && "/readyz was not 503",
    readyMs === undefined && "/readyz did not get 200 again",
    healedMs > limits.healedMs &&
    `it took ${Math.round(healedMs)} ms to heal`,
    failedReads.size > 0 && `the log could not be read: ${[...failedReads]}`,
  ];
}

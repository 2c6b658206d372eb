import type { RealtimeError } from "../../core/protocol/errors.ts";
import type { Events } from "../events/events.ts";
import { factsOf, reasonOf, textOf } from "../events/refusal_facts.ts";
import {
  queryOf,
  remoteOf,
  type RequestHead,
} from "../runtimes/request_head.ts";

/** The head of a request that failed, as far as an operator gets to see it. */
export type FailedHead = Pick<
  RequestHead,
  "method" | "target" | "peer" | "origin"
>;

/** Tells the operator which requests failed, and why. */
export class Failures {
  /** Reports a failure of the gateway with the stage at which it happened. */
  readonly report: (stage: string, error: unknown) => void;
  readonly #events: Events;

  constructor(
    events: Events,
    report: (stage: string, error: unknown) => void,
  ) {
    this.#events = events;
    this.report = report;
  }

  /** A request was refused with a status. */
  refused(head: FailedHead, code: number, error: RealtimeError): void {
    this.#events.emit({
      event: "refused",
      code,
      error: error.code,
      reason: reasonOf(error),
      ...remoteOf(head),
      channel: textOf(queryOf(head.target).get("channel")),
      ...factsOf(error),
    });
  }
}

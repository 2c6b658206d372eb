import type { RealtimeError } from "../../core/protocol/errors.ts";
import type { Events } from "../events/events.ts";
import type { Counts } from "../events/counts.ts";
import type { RefusedLine } from "./bodies/batch.ts";
import { factsOf, reasonOf, textOf } from "../events/refusal_facts.ts";
import {
  CONNECT_PATH,
  pathOf,
  queryOf,
  remoteOf,
  type RequestHead,
} from "../runtimes/request_head.ts";

/** The head of a request that failed, as far as an operator gets to see it. */
export type FailedHead = Pick<
  RequestHead,
  "method" | "target" | "peer" | "origin"
>;

/** The paths of requests to publish. */
const PUBLISH_PATHS: ReadonlySet<string> = new Set([
  "/v1/realtime/publish",
  "/v1/realtime/publish/batch",
  "/v1/realtime/publish/tee",
]);

/** The paths at which clients connect. */
const CONNECT_PATHS: ReadonlySet<string> = new Set([
  CONNECT_PATH,
  "/v1/realtime/sse",
]);

/** Tells the operator which requests failed, and why. */
export class Failures {
  /** Reports a failure of the gateway with the stage at which it happened. */
  readonly report: (stage: string, error: unknown) => void;
  readonly #events: Events;
  readonly #counts: Counts;

  constructor(
    events: Events,
    counts: Counts,
    report: (stage: string, error: unknown) => void,
  ) {
    this.#events = events;
    this.#counts = counts;
    this.report = report;
  }

  /**
   * A request, or lines of a batch, were refused with a status.
   *
   * @param what The channel of a line, and the number of lines with the same error; a request names its channel in its address.
   */
  refused(
    head: FailedHead,
    code: number,
    error: RealtimeError,
    { channel, lines }: RefusedLine = {
      channel: queryOf(head.target).get("channel") ?? undefined,
    },
  ): void {
    this.#count(head, error, lines);
    this.#events.emit({
      event: "refused",
      code,
      error: error.code,
      reason: reasonOf(error),
      ...remoteOf(head),
      channel: textOf(channel),
      ...factsOf(error),
      lines,
    });
  }

  #count(head: FailedHead, error: RealtimeError, lines?: number): void {
    const { method, target } = head;
    const path = pathOf(target);
    if (method === "POST" && PUBLISH_PATHS.has(path)) {
      this.#counts.refusePublish(error, lines);
    } else if (CONNECT_PATHS.has(path)) this.#counts.refuseConnection(error);
  }
}

import type {
  RealtimeError,
  RealtimeErrorCode,
} from "../../core/protocol/errors.ts";
import { STATUS_OF_CODE } from "../../core/protocol/http_status.ts";
import type { PublishedVia } from "../wire/envelope.ts";
import type { Closed } from "./gateway_event.ts";
import { Durations } from "./durations.ts";

/** The upper bounds for the times of a broker: below 1 ms for one in memory, up to the time after which Redis counts as away. */
const BROKER_SECONDS = [
  ...[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5, 1, 2.5, 5],
];

/**
 * The codes of clients that leave, are lost, or repeat with which code the runtime refused a frame. A client may send any other one too, and
 * must neither look like a close of the gateway nor make as many rows as it likes.
 */
const CLIENT_CODES: ReadonlySet<number> = new Set([
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010],
]);

/** Numbers by an HTTP status or a close code. */
export type CountsByCode = ReadonlyMap<number | "other", number>;

/**
 * The counts of a gateway since its start, in plain numbers that cost next to nothing. The metrics read them when they are asked for.
 */
export class Counts {
  /** Messages that the broker took, one for each topic. */
  readonly published: Record<PublishedVia, number> = {
    http: 0,
    batch: 0,
    websocket: 0,
    stream: 0,
  };
  /** How long the broker took for each publish, whether it succeeded or not. */
  readonly brokerPublish: Durations = new Durations(BROKER_SECONDS);
  /** Subscriptions that continued after an id, by whether the log still had all that followed. */
  readonly resumes: { recovered: number; lost: number } = {
    recovered: 0,
    lost: 0,
  };
  /** Gaps that clients were told of. */
  gaps = 0;
  readonly #publishRefused = zeros([400, 401, 403, 409, 413, 429, 503]);
  readonly #connectionsRefused = zeros([400, 401, 403, 429, 503]);
  readonly #closed = zeros([1000, 1001, 1012, 4401, 4403, 4408, 4429]);

  /** Messages, lines of batches and frames that were refused, by the HTTP status of the error. */
  get publishRefused(): CountsByCode {
    return this.#publishRefused;
  }

  /** Handshakes that were refused, by the HTTP status of the error. */
  get connectionsRefused(): CountsByCode {
    return this.#connectionsRefused;
  }

  /** Connections that ended, by their close codes; `other` for all further codes of clients. */
  get closed(): CountsByCode {
    return this.#closed;
  }

  /** Counts a message that was refused, a request that has several, or some lines of a batch. */
  refusePublish({ code }: Pick<RealtimeError, "code">, count?: number): void {
    increase(this.#publishRefused, statusOf(code), count);
  }

  /** Counts a client that was refused when it connected. */
  refuseConnection({ code }: { readonly code: RealtimeErrorCode }): void {
    increase(this.#connectionsRefused, statusOf(code));
  }

  /** Counts a connection that ended. */
  close({ code, by }: Pick<Closed, "code" | "by">): void {
    const isTelling = by === "gateway" || CLIENT_CODES.has(code);
    increase(this.#closed, isTelling ? code : "other");
  }
}

/** Returns counts that begin with usual codes: an increase from nothing to 1 is none to Prometheus. */
function zeros(codes: readonly number[]): Map<number | "other", number> {
  return new Map(codes.map((code) => [code, 0]));
}

function statusOf(code: RealtimeErrorCode): number {
  return STATUS_OF_CODE[code] ?? 500;
}

function increase(
  counts: Map<number | "other", number>,
  code: number | "other",
  by = 1,
): void {
  counts.set(code, (counts.get(code) ?? 0) + by);
}

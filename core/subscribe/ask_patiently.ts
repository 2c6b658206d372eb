import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { backoff, pause } from "../time/backoff.ts";
import { askGateway } from "./ask_gateway.ts";

/** How often something is asked. Together the attempts take less than the two minutes in which the gateway remembers an idempotency key. */
export const ATTEMPTS = 6;

/** A request that may be repeated. */
export interface PatientRequest {
  readonly method: "GET" | "POST";
  /** The gateway's base URL. */
  readonly url: string;
  readonly path: string;
  /** The beginning of error messages. */
  readonly action: string;
  /** Returns the token or ticket for the next attempt. An error that it throws is final. */
  readonly token: () => string | undefined;
  /** Tells whether another attempt may succeed after a failure. */
  readonly mayPass: (error: RealtimeError) => boolean;
}

/** Makes the error for a gateway that does not answer. */
export function unreachable(action: string, url: string): RealtimeError {
  const message = `${action}: the gateway at ${url} can't be reached`;
  return new RealtimeError("network", message);
}

/**
 * Asks the gateway, and a few times more if it fails for a reason that may pass.
 *
 * @param read Returns the wanted part of an answer; `undefined` if the answer is an error.
 * @throws {RealtimeError} The gateway's refusal; `network` if it can't be reached.
 */
export async function askPatiently<T>(
  { method, url, path, action, token, mayPass }: PatientRequest,
  read: (answer: Readonly<Record<string, unknown>>) => T | undefined,
): Promise<T> {
  let failure = unreachable(action, url);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await pause(backoff(attempt - 1));
    const answer = await askGateway(url, path, token(), { method });
    const value = answer && read(answer);
    if (value !== undefined) return value;
    if (answer) failure = errorOf(answer.error);
    if (!mayPass(failure)) break;
  }
  throw failure;
}

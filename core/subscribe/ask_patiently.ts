import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { backoff, pause } from "../time/backoff.ts";
import { askGateway } from "./ask_gateway.ts";

/** How often something is asked. Together the attempts take less than the two minutes in which the gateway remembers an idempotency key. */
export const ATTEMPTS = 6;

/** A gateway that is asked, and the way of asking it. */
export interface AskedGateway {
  /** Its base URL. */
  readonly url: string;
  /** The beginning of error messages. */
  readonly action: string;
  /** Returns the token or ticket for the next attempt. An error that it throws is final. */
  readonly token: () => string | undefined;
  /** Tells whether another attempt may succeed after a failure. */
  readonly mayPass: (error: RealtimeError) => boolean;
}

/** Makes the error for a gateway that does not answer. */
export function unreachable(
  { action, url }: Pick<AskedGateway, "action" | "url">,
): RealtimeError {
  const message = `${action}: the gateway at ${url} can't be reached`;
  return new RealtimeError("network", message);
}

/**
 * Asks the gateway, and a few times more if it fails for a reason that may pass.
 *
 * @returns The fields of its answer, unchecked.
 * @throws {RealtimeError} The gateway's refusal; `network` if it can't be reached.
 */
export async function askPatiently(
  gateway: AskedGateway,
  path: string,
  init?: Pick<RequestInit, "method">,
): Promise<Readonly<Record<string, unknown>>> {
  for (let attempt = 1;; attempt++) {
    const answer = await askGateway(gateway.url, path, gateway.token(), init);
    if (answer && !answer.error) return answer;
    const failure = answer ? errorOf(answer.error) : unreachable(gateway);
    if (attempt === ATTEMPTS || !gateway.mayPass(failure)) throw failure;
    await pause(backoff(attempt - 1));
  }
}

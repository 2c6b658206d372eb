import { RealtimeError } from "../protocol/errors.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  headerProblem,
} from "../protocol/signing_key.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";
import { readEnvironment } from "./environment.ts";
import { isLoopback } from "./loopback.ts";

/**
 * Returns the signing key of the options, else that of the environment, else, for a gateway on this machine, the key of development mode.
 *
 * @throws {RealtimeError} `unauthenticated` without a key for a gateway on another machine; `invalid_argument` for one that can't be sent.
 */
export function signingKeyFor(
  options: Pick<CreateRealtimeOptions, "signingKey">,
  url: string,
): string {
  const key = options.signingKey || readEnvironment("REALTIME_SIGNING_KEY");
  if (key) return checkSigningKey(key);
  if (isLoopback(new URL(url).hostname)) return DEVELOPMENT_SIGNING_KEY;
  throw new RealtimeError(
    "unauthenticated",
    `Cannot use the gateway at ${url}: set REALTIME_SIGNING_KEY, or give createRealtime() the option "signingKey"`,
  );
}

/**
 * Returns a signing key.
 *
 * @throws {RealtimeError} `invalid_argument` for one that can't be sent.
 */
export function checkSigningKey(key: string): string {
  const problem = headerProblem(key);
  if (problem === undefined) return key;
  const message = `Cannot use the signing key: ${problem}`;
  throw new RealtimeError("invalid_argument", message);
}

import { gatewayFetch } from "../http/gateway_fetch.ts";
import { either } from "../time/either.ts";
import { type FailedAttempt, findReason } from "./diagnosis.ts";

/** Finds out why an attempt to connect to a gateway failed, as the rest of a sentence. The signal ends the search. */
export function explainFailure(
  url: string,
  attempt: FailedAttempt,
  signal: AbortSignal,
): Promise<string> {
  const request: typeof fetch = (input, init) =>
    gatewayFetch(url)(input, { ...init, signal: either(init?.signal, signal) });
  return findReason(url, request, attempt);
}

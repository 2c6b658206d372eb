import { gatewayFetch } from "../http/gateway_fetch.ts";
import { either } from "../time/either.ts";
import type { FailedAttempt } from "./diagnosis.ts";

/** Finds out why an attempt to connect to a gateway failed, as the rest of a sentence. The signal ends the search. */
export function diagnose(
  url: string,
  attempt: FailedAttempt,
  signal: AbortSignal,
): Promise<string> {
  const request: typeof fetch = (input, init) =>
    gatewayFetch(url)(input, { ...init, signal: either(init?.signal, signal) });
  // Most pages never need this module, so bundlers put it into a file of its own.
  return import("./diagnosis.ts").then(
    ({ findReason }) => findReason(url, request, attempt),
    // Without a network a page can't load the module.
    () => "nothing answers",
  );
}

import { gatewayFetch } from "../http/gateway_fetch.ts";
import { errorOf } from "../protocol/error_body.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { either } from "../time/either.ts";
import { askGateway } from "./ask_gateway.ts";
import { type FailedAttempt, findReason } from "./diagnosis.ts";
import { isTokenRefusal } from "./token_source.ts";

/** Why an attempt to connect failed: the gateway refused the token, or a reason that is the rest of a sentence. */
export interface FailureReason {
  readonly refusal?: RealtimeError;
  readonly reason?: string;
}

/** Finds out why an attempt to connect to a gateway with a token failed. The signal ends the search. */
export async function explainFailure(
  url: string,
  token: string,
  attempt: Omit<FailedAttempt, "answer">,
  signal: AbortSignal,
): Promise<FailureReason> {
  const answer = errorOf(
    (await askGateway(url, "connect", token, { signal }))?.error,
  );
  if (isTokenRefusal(answer) || answer.code === "forbidden") {
    return { refusal: answer };
  }
  const request: typeof fetch = (input, init) =>
    gatewayFetch(url)(input, { ...init, signal: either(init?.signal, signal) });
  return { reason: await findReason(url, request, { ...attempt, answer }) };
}

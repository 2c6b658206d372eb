import { gatewayFetch } from "../http/gateway_fetch.ts";
import { readText } from "../http/read_text.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { SILENCE_MS } from "../protocol/limits.ts";
import { either } from "../time/either.ts";

/** The answer to a request. */
export interface TextAnswer {
  /** Whether the status means success. */
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Sends a request with a token or ticket. It uses HTTP, which works on every network and without a connection.
 *
 * @returns The answer; a refusal for one that is too long; `undefined` if the network failed.
 */
export async function askForText(
  url: string,
  path: string,
  token: string | undefined,
  init?: Pick<RequestInit, "method" | "body" | "signal">,
): Promise<TextAnswer | undefined> {
  try {
    const response = await gatewayFetch(url)(`${url}/v1/realtime/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
      signal: either(init?.signal, AbortSignal.timeout(SILENCE_MS)),
    });
    return { ok: response.ok, text: await readText(response, "Cannot go on") };
  } catch (error) {
    if (!(error instanceof RealtimeError)) return undefined;
    const { code, message } = error;
    return { ok: false, text: JSON.stringify({ error: { code, message } }) };
  }
}

/**
 * Does the same, and parses the answer.
 *
 * @returns The fields of the answer's JSON, unchecked; `undefined` if the network failed or something other than the gateway answered.
 */
export async function askGateway(
  ...request: Parameters<typeof askForText>
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await askForText(...request);
  try {
    return answer && Object(JSON.parse(answer.text));
  } catch {
    return undefined;
  }
}

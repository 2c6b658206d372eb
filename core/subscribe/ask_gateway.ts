import { gatewayFetch } from "../http/gateway_fetch.ts";
import { SILENCE_MS } from "../protocol/limits.ts";

/**
 * Sends a request with a token or ticket. It uses HTTP, which works on every network and without a connection.
 *
 * @returns The fields of the answer's JSON, unchecked; `undefined` if the network failed or something other than the gateway answered.
 */
export async function askGateway(
  url: string,
  path: string,
  token: string | undefined,
  init?: Pick<RequestInit, "method" | "body">,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const response = await gatewayFetch(url)(`${url}/v1/realtime/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(SILENCE_MS),
    });
    return Object(await response.json());
  } catch {
    return undefined;
  }
}

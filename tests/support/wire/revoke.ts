import { address, type Target } from "./websocket.ts";

/** Revokes tokens; returns the status, and how many subscriptions ended or the error's code. */
export async function revoke(
  target: Target,
  body: unknown,
  bearer: string = target.signingKey,
): Promise<[status: number, result: unknown]> {
  const response = await fetch(address(target, "revoke"), {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const { subscriptions, error } = await response.json();
  return [response.status, subscriptions ?? error.code];
}

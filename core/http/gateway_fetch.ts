import { RealtimeError } from "../protocol/errors.ts";

/** The gateways that run in this process, by base URL, each with the `fetch` that reaches it; `@tidings/realtime/testing` adds them. */
export const gatewaysHere: Map<string, typeof fetch> = new Map();

/**
 * Returns the `fetch` that reaches a server. It throws `invalid_argument` for a redirect: another server would get the data, and its answer
 * would count.
 *
 * @param place The gateway's base URL; for another server its name in messages.
 * @param own The `fetch` to use.
 */
export function gatewayFetch(place: string, own?: typeof fetch): typeof fetch {
  return async (input, init) => {
    // A gateway of this process may start later than the app.
    const send = own ?? gatewaysHere.get(place) ?? fetch;
    const response = await send(input, { redirect: "manual", ...init });
    // Browsers hide a redirect: its status is 0, and it has no location.
    if (response.ok || response.status >= 400) return response;
    response.body?.cancel().catch(() => {});
    // Its path and its query may have secrets.
    const location = response.headers.get("location") ?? "";
    const target = URL.canParse(location)
      ? new URL(location).origin
      : "another URL";
    const problem = `it redirects to ${target}; use that URL`;
    throw new RealtimeError(
      "invalid_argument",
      `Cannot use ${place}: ${problem}`,
    );
  };
}

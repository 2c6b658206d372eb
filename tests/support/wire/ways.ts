import { bodyOf } from "./publish.ts";

/** Sends a request to a path, with its query. */
export type Way = (path: string, init: RequestInit) => Promise<Response>;

/**
 * Returns the ways to a gateway that a request with a body can take, by name.
 *
 * @param url The gateway's URL.
 * @param mountedUrl The URL of an app that the gateway is mounted in.
 */
export function waysTo(
  url: () => string,
  mountedUrl: () => string,
): Readonly<Record<string, Way>> {
  return {
    "with a body of known length": (path, init) => fetch(url() + path, init),
    "with a body of unknown length": (path, init) => {
      const body = bodyOf([init.body as Uint8Array<ArrayBuffer>]);
      const streamed = { ...init, body, duplex: "half" } as const;
      return fetch(url() + path, streamed);
    },
    "from a page": (path, init) => {
      const headers = new Headers(init.headers);
      headers.set("origin", "https://app.example.com");
      return fetch(url() + path, { ...init, headers });
    },
    "through a Hono app": (path, init) => fetch(mountedUrl() + path, init),
  };
}

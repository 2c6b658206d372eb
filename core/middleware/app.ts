import { createRealtime } from "../realtime.ts";
import type { RealtimeApp } from "../types.ts";

/** Where the gateway is. */
export interface RealtimeOptions {
  /**
   * An app made by `createRealtime`, in place of `url` and `signingKey`.
   */
  realtime?: RealtimeApp;
  /**
   * The gateway's base URL.
   *
   * @default {the environment variable REALTIME_URL}
   */
  url?: string;
  /**
   * The key that the gateway has too.
   *
   * @default {the environment variable REALTIME_SIGNING_KEY}
   */
  signingKey?: string;
}

/**
 * The app to publish with, made when it is needed first: a build or a test may load an Inngest client where nothing
 * of Realtime is configured.
 */
export function lazyApp(
  { realtime, url, signingKey }: RealtimeOptions,
): () => RealtimeApp {
  let app = realtime;
  return () => {
    app ??= createRealtime({
      ...url === undefined ? {} : { url },
      ...signingKey === undefined ? {} : { signingKey },
    });
    return app;
  };
}

import type { DirectHandler } from "./direct.ts";

/** Hooks that `serve` finds on a gateway. They are not part of its public interface. */
export interface ServingHooks {
  /** The gateway's own `fetch`: an app that has put another one in its place sees every request. */
  readonly fetch: unknown;
  readonly direct: DirectHandler;
  /** Called once a server listens, with its URL and the runtime's name and version. */
  readonly listening: (url: string, runtime: string) => void;
}

/** The key of a gateway's hooks. A copy by spreading has them too. */
export const SERVING: unique symbol = Symbol("tidings.serving");

/** An app with hooks. */
export interface Served {
  readonly [SERVING]: ServingHooks;
}

/** Returns the hooks of a gateway, or of a copy of one; `undefined` for another app. */
export function servingHooks(app: object): ServingHooks | undefined {
  return SERVING in app ? app[SERVING] as ServingHooks : undefined;
}

/** Returns what answers some requests of an app without `fetch`. */
export function directHandler(
  app: { readonly fetch: unknown },
): DirectHandler | undefined {
  const hooks = servingHooks(app);
  if (hooks === undefined || hooks.fetch !== app.fetch) return undefined;
  return hooks.direct;
}

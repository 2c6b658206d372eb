import { createRealtime } from "../core/app/create_realtime.ts";
import type {
  CreateRealtimeOptions,
  RealtimeApp,
} from "../core/types/realtime.ts";

/** Where the gateway is, as for `createRealtime`; or an app that was made already. */
export interface RealtimeOptions extends CreateRealtimeOptions {
  /**
   * An app made by `createRealtime`. The other options are its own then.
   *
   * @default {a new one}
   */
  realtime?: RealtimeApp;
}

/** The app to publish and mint tokens with. Nothing is configured before it is used first. */
export function appOf({ realtime, ...options }: RealtimeOptions): RealtimeApp {
  return realtime ?? createRealtime(options);
}

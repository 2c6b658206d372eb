import { createRealtime } from "../core/app/create_realtime.ts";
import type {
  CreateRealtimeOptions,
  RealtimeApp,
} from "../core/types/realtime.ts";

/** The options of `createRealtime`, or an existing app. */
export interface RealtimeOptions extends CreateRealtimeOptions {
  /**
   * An app made by `createRealtime`. The other options are ignored then.
   *
   * @default {a new one}
   */
  realtime?: RealtimeApp | undefined;
}

/** Returns the app to publish and mint tokens with. */
export function appOf({ realtime, ...options }: RealtimeOptions): RealtimeApp {
  return realtime ?? createRealtime(options);
}

import { connectSse } from "./sse.ts";
import {
  type ConnectOptions,
  connectReady,
  type Frame,
  type Ready,
  type Target,
} from "./websocket.ts";

/** How a client reaches the gateway. */
export type RawTransport = "websocket" | "sse";

/** A client of `tidings.v1` on either transport that shows every frame unchanged. */
export interface RawClient extends AsyncDisposable {
  readonly ready: Ready;
  next(): Promise<Frame>;
  take(count: number): Promise<Frame[]>;
  /** Adds a subscription; only WebSockets can. */
  subscribe?(token: string, ref?: string, since?: string): Promise<void>;
}

/** Connects and takes the `ready`. */
export async function connectRaw(
  target: Target,
  transport: RawTransport,
  options: Pick<ConnectOptions, "since"> & { readonly token: string },
): Promise<RawClient> {
  if (transport === "websocket") {
    const { client, ready } = await connectReady(target, options);
    return Object.assign(client, { ready });
  }
  const client = await connectSse(target, { ...options, v1: true });
  return Object.assign(client, { ready: await client.ready() });
}

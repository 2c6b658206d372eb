/**
 * One attempt to connect to the gateway, with the interface of a `WebSocket`.
 *
 * `send` MUST keep the order, and MUST NOT throw after `onopen`; it MAY lose frames while the transport closes. A transport MUST NOT call
 * a handler before its caller can set the handlers.
 */
export interface Transport {
  /** The subprotocol that the gateway selected; absent for a transport without a handshake. */
  readonly protocol?: string;
  /** Called when frames can be sent. */
  onopen?: (() => void) | null;
  /**
   * Called when text arrives: one frame, or several joined by `\n`. A transport that separates subscriptions adds the `ref` of the
   * subscription.
   */
  onmessage?: ((event: { data: string; ref?: string }) => void) | null;
  /** Called once, when the transport closes or fails to open; with its close code and its reason, if it has them. */
  onclose?: ((event: { code?: number; reason?: string }) => void) | null;
  /** Sends the JSON of a frame. */
  send(text: string): void;
  /** Closes the transport; `onclose` follows. */
  close(): void;
}

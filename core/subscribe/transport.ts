/**
 * One attempt to reach the gateway, as `WebSocket` has it: what the connection needs of one, and what other transports imitate.
 *
 * `send` MUST keep the order and MUST NOT throw once it is open; what is sent to one that is ending MAY be lost. Nothing is called before
 * the transport is returned.
 */
export interface Transport {
  /** Called when frames can be sent. */
  onopen?: (() => void) | null;
  /**
   * Called when text arrived: one frame, or several joined by `\n`; with the `ref` of the subscription that it is for by a transport that
   * keeps subscriptions apart.
   */
  onmessage?: ((event: { data: string; ref?: string }) => void) | null;
  /** Called once, when it ended or can't come to be; with 1006 where the transport knows no code. */
  onclose?: ((event: { code: number }) => void) | null;
  /** Sends a frame. */
  send(text: string): void;
  /** Ends it; `onclose` follows as soon as it is gone. */
  close(): void;
}

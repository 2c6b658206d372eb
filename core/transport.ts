import type { ClientFrame } from "./frame.ts";

/** What a transport tells the connection. Nothing is called before the transport is returned, nor after `close`. */
export interface TransportHandlers {
  /** `sub` frames can be sent. Called once at most. */
  open(): void;
  /**
   * Text arrived: one frame or several, joined by `\n`.
   *
   * @param ref The subscription it is for, from a transport that keeps subscriptions apart.
   */
  message(text: string, ref?: string): void;
  /**
   * It ended, or never came to be. Called once.
   *
   * @param code The WebSocket close code, 1006 where the transport knows none.
   */
  close(code: number): void;
}

/**
 * One attempt to reach the gateway.
 *
 * `send` MUST keep the order, MUST NOT throw and MAY lose what is sent to a connection that is ending. `sub` frames
 * always carry a `ref`; a second one with the same `ref` takes the place of the first.
 */
export interface Transport {
  /** Sends a frame; only after `open`. */
  send(frame: ClientFrame): void;
  /** Ends it. `close` of the handlers follows, as soon as the connection is gone. */
  close(): void;
}

/**
 * Begins to connect.
 *
 * @param url The gateway's base URL.
 * @throws Whatever the platform throws for a URL that it doesn't connect to.
 */
export type OpenTransport = (
  url: string,
  handlers: TransportHandlers,
) => Transport;

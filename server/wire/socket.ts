/**
 * What is sent at once, made once for all connections that get it. Runtimes keep what they make of it (bytes, whole
 * frames) on it, so that it is made once too.
 */
export class Packet {
  /** The texts that are sent: frames of a WebSocket, or a piece of an event stream. */
  readonly texts: readonly string[];
  /** Their size in UTF-8. */
  readonly bytes: number;
  /** What a runtime adapter made of it. */
  prepared: unknown;

  /**
   * A packet that no runtime has seen yet.
   *
   * @param texts What is sent.
   * @param bytes Their size in UTF-8.
   */
  constructor(texts: readonly string[], bytes: number) {
    this.texts = texts;
    this.bytes = bytes;
  }
}

/**
 * One connection to a client, as a runtime gives it: a WebSocket or an SSE response.
 *
 * `send` MUST keep the order, MUST NOT throw for a closed connection and MUST NOT drop silently: it either sends in the
 * end or closes. It is never called while {@linkcode Socket.buffered} is over what the outbox allows.
 */
export interface Socket {
  /** Hands over one packet; what it holds goes out with as few system calls as the runtime allows. */
  send(packet: Packet): void;
  /** Bytes handed over that the peer's kernel has not taken, as far as the runtime tells. */
  readonly buffered: number;
  /** Begins to close: the peer gets code and reason. */
  close(code: number, reason: string): void;
  /** Ends a peer that doesn't take what is sent, within a second where the runtime can; it gets the code if it reads on. */
  terminate(code: number, reason: string): void;
}

/** What a runtime tells of a connection. Nothing is called before `open` or after `close`. */
export interface SocketHandler {
  /** It is open. Called once. */
  open(socket: Socket): void;
  /** A frame arrived: its text, `undefined` for a binary one. */
  message(text: string | undefined): void;
  /** Room was made: only from runtimes that know. */
  drain(): void;
  /** It is closed. Called once. */
  close(): void;
}

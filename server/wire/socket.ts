/**
 * Encoded messages for one write. All connections that get the same messages share the packet, and with it the bytes or frames that
 * a runtime makes of its texts.
 */
export class Packet {
  /** Frames of a WebSocket, or one part of an event stream. */
  readonly texts: readonly string[];
  /** Size of the texts in UTF-8. */
  readonly bytes: number;
  /** The texts as the runtime adapter encoded them for its sockets. */
  prepared: unknown;

  /** Creates a packet that no runtime has encoded yet. */
  constructor(texts: readonly string[], bytes: number) {
    this.texts = texts;
    this.bytes = bytes;
  }
}

/**
 * A connection to one client: a runtime's WebSocket, or an SSE response.
 *
 * `send` MUST keep the order, MUST NOT throw for a closed connection, and MUST NOT drop a packet silently: it sends it, or the
 * connection closes. The gateway MUST NOT call it while {@linkcode Socket.buffered} is above the limit of the send queue.
 */
export interface Socket {
  /** Hands a packet to the runtime, which sends it with as few system calls as it can. */
  send(packet: Packet): void;
  /** Bytes that the runtime still holds, as far as it tells. */
  readonly buffered: number;
  /** Begins to close the connection with a code and a reason. */
  close(code: number, reason: string): void;
  /** Ends the connection to a peer that does not read, within a second where the runtime can. If the peer reads on, it gets the code. */
  terminate(code: number, reason: string): void;
}

/** Receives the events of a connection. Nothing is called before `open` or after `close`. */
export interface SocketHandler {
  /** The connection opened. Called once. */
  open(socket: Socket): void;
  /** A frame arrived, with its text, or with `undefined` for a binary frame. */
  message(text: string | undefined): void;
  /** A ping or pong of the WebSocket protocol arrived. Only some runtimes show them. */
  control(): void;
  /** The runtime has room for more. Only some runtimes call it. */
  drain(): void;
  /** The connection closed, with the close code of the peer, or with the code and the reason of the runtime adapter. Called once. */
  close(code: number, reason?: string): void;
}

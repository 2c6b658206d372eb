import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { ConnectionLimits } from "../../../core/protocol/frames.ts";

/** A frame that a client sent. */
export interface SentFrame {
  readonly kind: string;
  readonly ref: string;
  readonly data: { readonly token: string; readonly since?: string };
}

/** Fields of a `ready` frame. */
export interface ReadyFields {
  readonly recovered?: boolean;
  readonly topics?: readonly string[];
  readonly ping?: number;
  readonly limits?: ConnectionLimits;
}

/** A queue whose reader can wait for the next item. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: Array<(item: T) => void> = [];

  /** Adds an item. */
  add(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  /** Resolves with the next item. */
  next(): Promise<T> {
    const item = this.#items.shift();
    return item === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(item);
  }

  /** The number of items in the queue. */
  get size(): number {
    return this.#items.length;
  }
}

const CONNECT_PATH = "/v1/realtime/connect";
const STATUS_PATH = "/v1/realtime/status";

/** The epoch of a fake gateway's messages. */
export const EPOCH = "abcdefgh";

/** Returns a message of channel `c` and topic `t` in its form on the wire. */
export function frame(
  offset: number,
  data: unknown,
  fields: object = {},
): object {
  return {
    kind: "data",
    channel: "c",
    topic: "t",
    data,
    id: `${EPOCH}-${offset}`,
    created_at: "2026-11-24T11:05:40.123Z",
    ...fields,
  };
}

/** Returns the frame that accepts a subscription to channel `c`. */
export function readyFrame(
  position: number | string = 0,
  { recovered, topics = ["t", "u"], ping = 15_000, limits }: ReadyFields = {},
  ref?: string,
): object {
  return {
    kind: "ready",
    ref,
    data: {
      session: "s",
      ticket: ref === undefined ? "ticket" : `ticket-${ref}`,
      ping_interval_ms: ping,
      limits,
      channels: [{
        channel: "c",
        topics,
        position: typeof position === "string"
          ? position
          : `${EPOCH}-${position}`,
        recovered,
      }],
    },
  };
}

/** The gateway's side of a WebSocket. The test decides which frames it sends. */
export class FakePeer {
  /** The subprotocols of the handshake. */
  readonly protocols: string;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #frames = new Inbox<SentFrame>();

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.#socket = socket;
    this.protocols = request.headers["sec-websocket-protocol"] ?? "";
    this.closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("message", (data) => this.#frames.add(JSON.parse(String(data))));
  }

  /** Resolves with the next frame of a kind, and skips others. */
  async next(kind: string): Promise<SentFrame> {
    for (;;) {
      const frame = await this.#frames.next();
      if (frame.kind === kind) return frame;
    }
  }

  /** The number of frames that have come and that the test has not taken. */
  get waiting(): number {
    return this.#frames.size;
  }

  /** Sends frames as one text. */
  send(...frames: object[]): void {
    this.raw(frames.map((frame) => JSON.stringify(frame)).join("\n"));
  }

  /** Sends a text as it is. */
  raw(text: string): void {
    this.#socket.send(text);
  }

  /** Waits for the next `sub`, and accepts it. */
  async accept(
    position: number | string = 0,
    fields: ReadyFields = {},
  ): Promise<SentFrame> {
    const sub = await this.next("sub");
    this.ready(sub, position, fields);
    return sub;
  }

  /** Accepts a `sub`. */
  ready(
    { ref }: SentFrame,
    position?: number | string,
    fields?: ReadyFields,
  ): void {
    this.send(readyFrame(position, fields, ref));
  }

  /** Answers a `sub` with an error. */
  refuse({ ref }: SentFrame, code: string): void {
    this.send({ kind: "error", ref, data: { code, message: "No" } });
  }

  /** Closes with a code. */
  close(code: number): void {
    this.#socket.close(code);
  }

  /** Closes the socket without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }
}

/** An HTTP request other than a handshake. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly response: ServerResponse;
}

/** A gateway that does nothing without the test. */
export interface FakeGateway extends AsyncDisposable {
  readonly url: string;
  /** Resolves with the next client that connects by WebSocket. */
  peer(): Promise<FakePeer>;
  /** Resolves with the next other request. */
  request(): Promise<FakeRequest>;
  /** The number of connected clients that the test has not taken yet. */
  readonly waiting: number;
}

/** A plain request to the route for WebSockets tells whether the token is accepted: this one is. */
const NO_HANDSHAKE = {
  status: 400,
  body: '{"error":{"code":"invalid_argument","message":"No handshake"}}',
};

/** The answer of a gateway that is well to a client that asks why it can't connect. */
const STATUS = '{"name":"tidings","protocol":"tidings.v1","status":"ok"}';

/**
 * Starts a fake gateway on real sockets.
 *
 * @param options.sockets Whether it takes handshakes.
 * @param options.refusals How many handshakes it refuses first.
 * @param options.reason The answer to a client that asks why its handshake failed.
 */
export async function startFakeGateway(
  { sockets = true, refusals = 0, reason = NO_HANDSHAKE }: {
    sockets?: boolean;
    refusals?: number;
    reason?: { readonly status: number; readonly body: string };
  } = {},
): Promise<FakeGateway> {
  const peers = new Inbox<FakePeer>();
  const requests = new Inbox<FakeRequest>();
  const server = createServer((request, response) => {
    if (request.url === CONNECT_PATH) {
      response.writeHead(reason.status);
      return response.end(reason.body);
    }
    if (request.url === STATUS_PATH) return response.end(STATUS);
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => body += chunk);
    request.on("end", () =>
      requests.add({
        method: request.method ?? "",
        url: new URL(request.url ?? "", "http://gateway"),
        headers: request.headers,
        body,
        response,
      }));
  });
  const socketServer = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (!sockets || refusals-- > 0) {
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    socketServer.handleUpgrade(
      request,
      socket,
      head,
      (client) => peers.add(new FakePeer(client, request)),
    );
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    peer: () => peers.next(),
    request: () => requests.next(),
    get waiting() {
      return peers.size;
    },
    async [Symbol.asyncDispose]() {
      for (const client of socketServer.clients) client.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

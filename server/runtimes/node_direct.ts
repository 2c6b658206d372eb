import { Buffer } from "node:buffer";
import type {
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from "node:http";
import type { BodyHandler, DirectHandler } from "./direct.ts";
import { plainAddress } from "./peer.ts";
import { hostnameOf, type RequestHead } from "./request_head.ts";

/** The head of one of Node's own requests. */
class NodeHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly origin: string | undefined;
  readonly #headers: IncomingMessage["headers"];
  readonly #socket: IncomingMessage["socket"];

  constructor({ method = "", url = "", headers, socket }: IncomingMessage) {
    this.method = method;
    this.target = url;
    this.origin = headers.origin;
    this.#headers = headers;
    this.#socket = socket;
  }

  get hostname(): string {
    return hostnameOf(`http://${this.#headers.host}`);
  }

  get peer(): string | undefined {
    return plainAddress(this.#socket.remoteAddress);
  }

  header(name: string): string | undefined {
    return this.#headers[name]?.toString();
  }
}

/** Gives requests to a direct handler before `@hono/node-server` makes a `Request` of them, and to the listener where it declines. */
export function directFirst(
  direct: DirectHandler,
  listener: RequestListener,
): RequestListener {
  return (incoming, outgoing) => {
    const handle = direct(new NodeHead(incoming));
    if (handle) answerBody(handle, incoming, outgoing);
    else listener(incoming, outgoing);
  };
}

function answerBody(
  handle: BodyHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const chunks: Uint8Array[] = [];
  incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  // A body that breaks off has no "end", and its sender waits for no answer.
  incoming.on("end", async () => {
    const [first, ...others] = chunks;
    const body = first && others.length === 0 ? first : Buffer.concat(chunks);
    const answer = handle(body);
    const { status, headers, json } = answer instanceof Promise
      ? await answer
      : answer;
    outgoing.writeHead(status, {
      ...headers,
      "content-length": Buffer.byteLength(json),
    });
    outgoing.end(json);
  });
}

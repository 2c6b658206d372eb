import { Buffer } from "node:buffer";
import process from "node:process";
import { jwtVerify } from "jose";
import { collectGarbage } from "../../tests/support/process/programs.ts";
import { readLines } from "../../tests/support/process/lines.ts";

/** Connections by the channels that they follow. */
export class Listeners<T> {
  readonly #channels = new Map<string, Set<T>>();

  /** Adds a connection; returns a function that removes it. */
  add(channel: string, listener: T): () => void {
    const listeners = this.of(channel);
    listeners.add(listener);
    this.#channels.set(channel, listeners);
    return () => listeners.delete(listener);
  }

  /** Returns the connections of a channel. */
  of(channel: string): Set<T> {
    return this.#channels.get(channel) ?? new Set();
  }
}

const encoder = new TextEncoder();

/** Server-Sent Events streams of a server that answers requests with a `Response`. */
export class Streams {
  readonly #listeners = new Listeners<
    ReadableStreamDefaultController<Uint8Array>
  >();

  /** Returns the response that sends a channel's messages. */
  open(channel: string): Response {
    let leave = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        leave = this.#listeners.add(channel, controller);
        // The headers are only sent with a first byte.
        controller.enqueue(encoder.encode(":\n\n"));
      },
      cancel: () => leave(),
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream" },
    });
  }

  /** Sends a message to the streams of a channel. */
  send(channel: string, message: string): void {
    const listeners = this.#listeners.of(channel);
    if (listeners.size === 0) return;
    const event = encoder.encode(`data: ${message}\n\n`);
    for (const controller of listeners) controller.enqueue(event);
  }
}

/** The key that verifies tokens, in hexadecimal; without it tokens are not verified. */
const key = process.argv[2];
let secret: Promise<CryptoKey> | undefined;

async function verify(token: string): Promise<unknown> {
  // The key is imported once, as jose imports bytes again for each token.
  secret ??= crypto.subtle.importKey(
    "raw",
    Buffer.from(key ?? "", "hex"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  return await jwtVerify(token, await secret);
}

/** The parameters of a request's URL. */
export interface Query {
  readonly path: string;
  readonly channel: string;
  /** Resolves when the token was verified; absent where the server verifies none. */
  readonly verified: Promise<unknown> | undefined;
}

/** Parses a request's URL. */
export function queryOf(url = "/"): Query {
  const [path = "", search = ""] = url.replace(/^http:\/\/[^/]*/, "").split(
    "?",
  );
  let channel = "";
  let token = "";
  for (const part of search.split("&")) {
    if (part.startsWith("channel=")) channel = part.slice(8);
    if (part.startsWith("token=")) token = part.slice(6);
  }
  return {
    path,
    channel,
    verified: key !== undefined && token !== "" ? verify(token) : undefined,
  };
}

/** Prints that the server listens. From then on it collects garbage at each line of its input, and answers with a line. */
export function announce(port: number): void {
  console.log(`listens on http://127.0.0.1:${port}`);
  readLines(process.stdin, () => {
    collectGarbage();
    console.log("{}");
  });
}

import { Buffer } from "node:buffer";
import process from "node:process";
import { jwtVerify } from "jose";
import { readLines } from "../../tests/support/process/lines.ts";

/** Connections, by the channel whose messages they get. */
export class Listeners<T> {
  readonly #channels = new Map<string, Set<T>>();

  /** Adds one; the function that it returns removes it. */
  add(channel: string, listener: T): () => void {
    const listeners = this.of(channel);
    listeners.add(listener);
    this.#channels.set(channel, listeners);
    return () => listeners.delete(listener);
  }

  /** Those of a channel. */
  of(channel: string): Set<T> {
    return this.#channels.get(channel) ?? new Set();
  }
}

/** The key that tokens are verified with, in hexadecimal, where the server is told one. */
const key = process.argv[2];
let secret: Promise<CryptoKey> | undefined;

async function verify(token: string): Promise<unknown> {
  // Imported once: of bytes, jose would make a key for each token.
  secret ??= crypto.subtle.importKey(
    "raw",
    Buffer.from(key ?? "", "hex"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  return await jwtVerify(token, await secret);
}

/** What a request's URL asks for. */
export interface Query {
  readonly path: string;
  readonly channel: string;
  /** Resolves when its token was verified, where one has to be. */
  readonly verified: Promise<unknown> | undefined;
}

/** Reads a request's URL. */
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

/** Says that the server listens. From then on, each line of its input collects the garbage, which it says, too. */
export function announce(port: number): void {
  console.log(`listens on http://127.0.0.1:${port}`);
  readLines(process.stdin, () => {
    const { Bun, gc } = Object(globalThis);
    if (Bun) Bun.gc(true);
    else gc();
    console.log("{}");
  });
}

import { Buffer } from "node:buffer";
import type { AnswerReader } from "./dialect.ts";

/** Returns a request that posts a body. */
export function post(path: string, body: string, token = ""): string {
  return [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    ...(token === "" ? [] : [`authorization: Bearer ${token}`]),
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

/** Returns a request without a body. */
export function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
}

const HEAD_END = "\r\n\r\n";

/**
 * Reads the answers to requests on one connection.
 *
 * @param messages How many messages each request publishes.
 */
export class HttpAnswers implements AnswerReader {
  readonly #messages: number;
  #text = "";

  constructor(messages = 1) {
    this.#messages = messages;
  }

  read(bytes: Uint8Array): number {
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      .toString("latin1");
    let count = 0;
    for (;;) {
      const end = this.#end();
      if (end < 0) return count;
      if (this.#text.slice(9, 12) !== "200") {
        throw new Error(`A publisher was refused: ${this.#text}`);
      }
      this.#text = this.#text.slice(end);
      count += this.#messages;
    }
  }

  /** Returns where the first answer ends; -1 while it is incomplete. */
  #end(): number {
    const head = this.#text.indexOf(HEAD_END);
    if (head < 0) return -1;
    const fields = this.#text.slice(0, head).toLowerCase();
    const body = head + HEAD_END.length;
    const length = fields.indexOf("\r\ncontent-length:");
    if (length >= 0) {
      const end = body + Number.parseInt(fields.slice(length + 17), 10);
      return this.#text.length >= end ? end : -1;
    }
    const last = this.#text.indexOf("0\r\n\r\n", body);
    return last < 0 ? -1 : last + 5;
  }
}

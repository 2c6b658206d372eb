import { Buffer } from "node:buffer";
import type { AnswerReader } from "./dialect.ts";

/**
 * Returns a request that posts a body.
 *
 * @param authorization The value of its `authorization` header; without it there is none.
 */
export function post(path: string, body: string, authorization = ""): string {
  return [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    ...(authorization === "" ? [] : [`authorization: ${authorization}`]),
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
 * @param refusal A text that only the answer to a refused message has, for a server that answers 200 all the same.
 */
export class HttpAnswers implements AnswerReader {
  readonly #messages: number;
  readonly #refusal: string | undefined;
  #text = "";

  constructor(messages: number, refusal?: string) {
    this.#messages = messages;
    this.#refusal = refusal;
  }

  read(bytes: Uint8Array): number {
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      .toString("latin1");
    let count = 0;
    for (;;) {
      const end = this.#end();
      if (end < 0) return count;
      if (this.#text.slice(9, 12) !== "200" || this.#isRefusal(end)) {
        throw new Error(`A publisher was refused: ${this.#text}`);
      }
      this.#text = this.#text.slice(end);
      count += this.#messages;
    }
  }

  /** Returns whether the first answer refuses a message. */
  #isRefusal(end: number): boolean {
    return this.#refusal !== undefined &&
      this.#text.slice(0, end).includes(this.#refusal);
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

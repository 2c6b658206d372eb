import { assertEquals, fail } from "@std/assert";
import { PROTOCOL } from "../../../core/protocol/frames.ts";
import { address, type Frame, type Ready, type Target } from "./websocket.ts";

/** An event of the stream. */
export interface SseEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** Options of a stream. */
export interface SseOptions {
  readonly token?: string;
  readonly since?: string;
  readonly v1?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests a stream and returns the answer, whatever it is. */
export function requestSse(
  target: Target,
  { token, since, v1 = false, headers = {} }: SseOptions,
  signal?: AbortSignal,
): Promise<Response> {
  const protocol = v1 ? PROTOCOL : undefined;
  return fetch(address(target, "sse", { token, since, protocol }), {
    headers,
    ...(signal ? { signal } : {}),
  });
}

/** Opens a stream; fails when the gateway refuses. */
export async function connectSse(
  target: Target,
  options: SseOptions,
): Promise<SseClient> {
  const hangUp = new AbortController();
  const response = await requestSse(target, options, hangUp.signal);
  if (response.status !== 200 || !response.body) {
    fail(`The gateway answered ${response.status}: ${await response.text()}`);
  }
  return new SseClient(response.headers, response.body, hangUp);
}

/** A client of Server-Sent Events that shows every byte. */
export class SseClient implements AsyncDisposable {
  readonly headers: Headers;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #hangUp: AbortController;
  #text = "";
  #isOver = false;

  constructor(
    headers: Headers,
    body: ReadableStream<Uint8Array>,
    hangUp: AbortController,
  ) {
    this.headers = headers;
    this.#hangUp = hangUp;
    const decoder: TransformStream<BufferSource, string> =
      new TextDecoderStream();
    this.#reader = (body as ReadableStream<BufferSource>)
      .pipeThrough(decoder).getReader();
  }

  /** Reads up to and including a text. */
  async takeUntil(text: string): Promise<string> {
    while (!this.#text.includes(text)) {
      if (!await this.#more()) fail(`The stream ended: ${this.#text}`);
    }
    const end = this.#text.indexOf(text) + text.length;
    const taken = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return taken;
  }

  /** Returns the next event; skips comments. */
  async event(): Promise<SseEvent> {
    for (;;) {
      const lines = (await this.takeUntil("\n\n")).trimEnd().split("\n");
      const value = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = value("data");
      if (data !== undefined) return { id: value("id"), data };
      assertEquals(lines, [":"]);
    }
  }

  /** Returns the next event's frame. */
  async next(): Promise<Frame> {
    return JSON.parse((await this.event()).data);
  }

  /** Returns the next frames. */
  async take(count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** Returns the next event, which must be a `ready`. */
  async ready(): Promise<Ready> {
    const { kind, data } = await this.next();
    assertEquals(kind, "ready");
    return data as Ready;
  }

  /** Reads until the gateway ends the stream. */
  async rest(): Promise<string> {
    while (await this.#more());
    return this.#text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#hangUp.abort();
    try {
      await this.#reader.cancel();
    } catch (error) {
      // The abort makes the body fail, as intended.
      assertEquals(Object(error).name, "AbortError");
    }
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    this.#isOver = done;
    this.#text += value ?? "";
    return !done;
  }
}

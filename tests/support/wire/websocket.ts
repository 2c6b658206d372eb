import { assertEquals, fail } from "@std/assert";
import { PROTOCOL } from "../../../core/protocol/frames.ts";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import type { MintOptions } from "../../../core/protocol/token.ts";
import { type Closed, type RawWebSocket, shake } from "./raw_websocket.ts";

/** A gateway as clients know it. */
export interface Target {
  readonly url: string;
  readonly signingKey: string;
}

/** A frame that was not validated: a test checks which fields it has. */
export interface Frame {
  readonly kind: string;
  readonly channel: string;
  readonly topic: string;
  readonly data: unknown;
  readonly id: string;
  readonly created_at: string;
  readonly ref?: string;
  readonly stream_id?: string;
  readonly metadata?: unknown;
}

/** The content of a `ready`. */
export interface Ready {
  readonly ref?: string;
  readonly session: string;
  readonly ticket: string;
  readonly ping_interval_ms: number;
  readonly limits: unknown;
  readonly channels: ReadonlyArray<{
    readonly channel: string;
    readonly topics: readonly string[];
    readonly position: string;
    readonly recovered?: boolean;
  }>;
}

/** Options of a connection. */
export interface ConnectOptions {
  /** The token, sent as `?token=`. */
  readonly token?: string;
  readonly since?: string;
  /** Whether to speak `tidings.v1`. */
  readonly v1?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Subprotocols besides `tidings.v1`. */
  readonly protocols?: readonly string[];
}

/** Makes a token for topics written as `channel/topic`. */
export function tokenFor(
  { signingKey }: Target,
  topics: readonly string[],
  options: Omit<MintOptions, "topics"> = {},
): Promise<string> {
  return mintToken(signingKey, { ...options, topics: claims(topics) });
}

/** Reads topics written as `channel/topic`. */
export function claims(
  topics: readonly string[],
): Array<{ channel: string; name: string }> {
  return topics.map((topic) => {
    const [channel = "", name = ""] = topic.split("/");
    return { channel, name };
  });
}

/** Returns the address of a route, with parameters. */
export function address(
  { url }: Target,
  path: string,
  query: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  const target = new URL(`/v1/realtime/${path}`, url);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) {
      target.searchParams.append(name, one);
    }
  }
  return target.href;
}

/** Sends a handshake as a client does. */
export function handshake(
  target: Target,
  { token, since, v1 = false, headers = {}, protocols = [] }: ConnectOptions,
): ReturnType<typeof shake> {
  return shake(address(target, "connect", { token, since }), {
    headers,
    protocols: v1 ? [PROTOCOL, ...protocols] : protocols,
  });
}

/**
 * Connects; fails when the gateway refuses. On Deno, where no client gets in without a token, a client that is to have none comes with
 * one and gives its topic back.
 */
export async function connectWire(
  target: Target,
  options: ConnectOptions,
): Promise<WireClient> {
  const { v1 = false, token } = options;
  if ("Deno" in globalThis && v1 && token === undefined) {
    const { client } = await connectReady(target, {
      ...options,
      token: await tokenFor(target, ["returned/t"]),
    });
    const data = claims(["returned/t"]);
    await client.send({ kind: "unsub", data });
    return client;
  }
  const { answer, socket } = await handshake(target, options);
  return socket
    ? new WireClient(socket)
    : fail(`The gateway answered ${answer.status}: ${answer.body}`);
}

/** Connects with `tidings.v1` and takes the `ready`. */
export async function connectReady(
  target: Target,
  options: Omit<ConnectOptions, "v1"> & { readonly token: string },
): Promise<{ client: WireClient; ready: Ready }> {
  const client = await connectWire(target, { ...options, v1: true });
  return { client, ready: await client.ready() };
}

/** A client on a WebSocket that shows every frame unchanged. */
export class WireClient implements AsyncDisposable {
  readonly socket: RawWebSocket;
  readonly #lines: string[] = [];

  constructor(socket: RawWebSocket) {
    this.socket = socket;
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<Closed> {
    return this.socket.closed;
  }

  /** Returns the next object as text. */
  async nextText(): Promise<string> {
    if (this.#lines.length === 0) {
      const text = await this.socket.next();
      if (text === undefined) {
        const { code, reason } = await this.closed;
        fail(`The connection closed with ${code} ${reason}`);
      }
      this.#lines.push(...text.split("\n"));
    }
    return this.#lines.shift() ?? "";
  }

  /** Returns the next object, pings included. */
  async nextFrame(): Promise<Frame> {
    return JSON.parse(await this.nextText());
  }

  /** Returns the next object that is not a ping. */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = await this.nextFrame();
      if (frame.kind !== "ping") return frame;
    }
  }

  /** Returns the next objects. */
  async take(count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** Returns the data of the next objects. */
  async takeData(count: number): Promise<unknown[]> {
    return (await this.take(count)).map(({ data }) => data);
  }

  /** Returns the next object of a kind; skips the objects before it. */
  async find(kind: string): Promise<Frame> {
    for (;;) {
      const frame = await this.nextFrame();
      if (frame.kind === kind) return frame;
    }
  }

  /** Returns the next object, which must be a `ready`. */
  async ready(): Promise<Ready> {
    const { kind, ref, data } = await this.next();
    assertEquals(kind, "ready");
    const fields = data as Ready;
    return ref === undefined ? fields : { ref, ...fields };
  }

  /** Returns code and reference of the next object, which must be an `error`. */
  async error(): Promise<{ ref: string | undefined; code: unknown }> {
    const { kind, ref, data } = await this.next();
    assertEquals(kind, "error");
    return { ref, code: Object(data).code };
  }

  /** Sends an object. */
  send(frame: object): Promise<void> {
    return this.socket.send(JSON.stringify(frame));
  }

  /** Adds a subscription. */
  subscribe(token: string, ref?: string, since?: string): Promise<void> {
    const data = since === undefined ? { token } : { token, since };
    return this.send({ kind: "sub", ...(ref ? { ref } : {}), data });
  }

  /** Closes the connection. */
  close(): Promise<Closed> {
    return this.socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket[Symbol.asyncDispose]();
  }
}

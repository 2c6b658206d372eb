import { backoff, pause } from "./backoff.ts";
import { RealtimeError, type RealtimeErrorCode } from "./errors.ts";
import type { ControlFrame, MessageFrame } from "./frame.ts";
import { readFrame } from "./message.ts";
import type { Reader, ReaderHost } from "./reader.ts";
import type { Transport } from "./transport.ts";
import { openSse } from "./transport_sse.ts";
import { openWebSocket } from "./transport_websocket.ts";

/**
 * How a connection stands: nobody reads, it may still be open for a moment (`idle`); an attempt is under way (`connecting`); it is
 * `open`; it will try again (`waiting`); it is over (`closed`).
 */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed";

/** How to reach the gateway. */
export type TransportChoice = "auto" | "websocket" | "sse";

/** What a browser has and others may not. */
interface Page {
  readonly addEventListener?: EventTarget["addEventListener"];
  readonly document?: EventTarget & { readonly visibilityState?: string };
}

/** How long nothing may be heard beyond the gateway's ping interval; also, how long connecting may take. */
const SILENCE_MS = 10_000;

/** How long a page keeps a connection that nobody uses: the next view may want it. */
const IDLE_MS = 1_000;

/** How long closing may take before it is left alone. */
const CLOSE_MS = 1_000;

/** A gateway's answers after which another token may help. */
const REFUSED = /^(unauthenticated|invalid_token|token_expired)$/;

/** Answers after which another attempt may help. */
const TRANSIENT =
  /^(network|timeout|rate_limited|too_slow|unavailable|internal)$/;

/** One way to a gateway, for any number of readers. It comes back when it is lost, until nobody reads any more. */
export class Connection implements ReaderHost {
  readonly url: string;
  readonly choice: TransportChoice;
  readonly #closed: (connection: Connection) => void;
  readonly #readers = new Map<string, Reader>();
  readonly #listening = new AbortController();
  #state: ConnectionState = "idle";
  #transport: Transport | undefined;
  #isSse: boolean;
  /** Whether a WebSocket ever opened: then the network lets them through. */
  #hadSocket = false;
  /** When something was last heard: of the connection, or of each subscription where the transport keeps them apart. */
  readonly #heard = new Map<string, number>();
  #silenceMs = SILENCE_MS;
  /** The one timer: what ends the state, if nothing else does. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #retryAfterMs: number | undefined;
  #reason: RealtimeError | undefined;
  #gone: (() => void) | undefined;

  /**
   * @param closed Called when it is over.
   */
  constructor(
    url: string,
    choice: TransportChoice,
    closed: (connection: Connection) => void,
  ) {
    this.url = url;
    this.choice = choice;
    this.#closed = closed;
    this.#isSse = choice === "sse";
    const page = globalThis as unknown as Page;
    const { signal } = this.#listening;
    const hurry = (): void => this.#hurry(page.document);
    page.addEventListener?.("online", hurry, { signal });
    page.addEventListener?.("offline", () => {
      if (this.#transport) this.#lose(1006);
    }, { signal });
    page.document?.addEventListener("visibilitychange", hurry, { signal });
  }

  /** How many topics its readers read. */
  get topics(): number {
    return [...this.#readers.values()]
      .reduce((sum, { options }) => sum + options.topics.size, 0);
  }

  /** Serves a reader. */
  add(reader: Reader): void {
    this.#readers.set(reader.ref, reader);
    if (this.#transport) {
      if (this.#state === "idle") this.#enter("open");
      this.join(reader);
    } else if (this.#state === "idle") this.#connect();
  }

  /** Asks the gateway for the reader's messages, as soon as it can. */
  async join(reader: Reader): Promise<void> {
    const transport = this.#transport;
    const { ref, options: { tokens } } = reader;
    if (this.#state !== "open" || reader.phase !== "joining") return;
    try {
      const token = await tokens.credential(() => reader.to("refreshing"));
      if (transport !== this.#transport || reader.phase !== "joining") return;
      reader.phase = "asked";
      reader.presented = token;
      reader.to("connecting");
      if (this.#isSse) this.#heard.set(ref, performance.now());
      const { since } = reader;
      transport?.send({
        kind: "sub",
        ref,
        data: since ? { token, since } : { token },
      });
    } catch (error) {
      this.#refuse(reader, error as RealtimeError);
    }
  }

  /** Tells the gateway that the reader wants no messages for now. */
  leave(reader: Reader): void {
    this.#heard.delete(reader.ref);
    if (this.#state === "open") {
      this.#transport?.send({ kind: "unsub", ref: reader.ref });
    }
  }

  /** Forgets a reader; with the last one the connection ends. */
  async remove(reader: Reader): Promise<void> {
    if (!this.#readers.delete(reader.ref)) return;
    this.leave(reader);
    if (this.#readers.size > 0) return;
    if ("document" in globalThis && this.#transport) {
      this.#enter("idle");
      this.#timer = setTimeout(() => this.#close(), IDLE_MS);
    } else await this.#close();
  }

  #enter(state: ConnectionState): void {
    clearTimeout(this.#timer);
    this.#state = state;
    if (state === "connecting" || state === "waiting") {
      for (const reader of this.#readers.values()) reader.to(state);
    }
  }

  #connect(): void {
    this.#enter("connecting");
    this.#heard.clear();
    this.#heard.set("", performance.now());
    this.#silenceMs = SILENCE_MS;
    this.#isSse = this.choice === "sse" || this.choice === "auto" &&
        (!("WebSocket" in globalThis) || this.#isSse);
    try {
      this.#transport = this.#open();
      this.#watch();
    } catch (cause) {
      for (const reader of this.#readers.values()) {
        reader.fail(
          new RealtimeError("network", `Cannot connect to ${this.url}`, {
            cause,
          }),
        );
      }
    }
  }

  #open(): Transport {
    const open = this.#isSse ? openSse : openWebSocket;
    const transport = open(this.url, {
      open: () => {
        if (this.#transport === transport) this.#opened();
      },
      message: (text, ref) => {
        if (this.#transport === transport) this.#receive(text, ref);
      },
      close: (code) => {
        if (this.#transport === transport) this.#lose(code);
        else this.#gone?.();
      },
    });
    return transport;
  }

  #opened(): void {
    if (this.#isSse) this.#heard.clear();
    else this.#hadSocket = true;
    this.#enter("open");
    this.#watch();
    for (const reader of this.#readers.values()) {
      if (reader.phase === "paused") reader.to("open");
      void this.join(reader);
    }
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const silence = performance.now() - Math.min(...this.#heard.values());
    if (silence >= this.#silenceMs) this.#lose(1006);
    else {
      this.#timer = setTimeout(
        () => this.#watch(),
        this.#silenceMs - Math.max(silence, 0),
      );
    }
  }

  #hurry(document: Page["document"]): void {
    if (document?.visibilityState === "hidden") return;
    if (this.#state === "waiting") this.#connect();
    else if (this.#state === "open") this.#watch();
  }

  #lose(code: number): void {
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.close();
    // A network that lets no WebSocket through is tried with plain HTTP next.
    this.#isSse = !this.#isSse && !this.#hadSocket &&
      this.#state === "connecting";
    const readers = [...this.#readers.values()];
    for (const reader of readers) {
      const wasAsked = reader.phase === "asked";
      reader.disconnected();
      if (code === 4401 && wasAsked) {
        reader.options.tokens.refused(reader.presented, this.#because(code));
      } else if (
        (code === 4403 || code === 4400) && (wasAsked || readers.length === 1)
      ) reader.fail(this.#because(code));
      else if (code === 1009) reader.options.onError(this.#because(code));
    }
    if (this.#readers.size === 0) return void this.#close();
    if (code === 4429) this.#attempt += 3;
    const ms = this.#retryAfterMs ?? backoff(this.#attempt++);
    this.#retryAfterMs = this.#reason = undefined;
    this.#enter("waiting");
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  #because(code: number): RealtimeError {
    const codes: Record<number, RealtimeErrorCode> = {
      1009: "too_large",
      4401: "unauthenticated",
    };
    return this.#reason ?? new RealtimeError(
      codes[code] ?? "forbidden",
      `The gateway closed the connection with code ${code}`,
    );
  }

  #close(): Promise<void> {
    if (this.#state === "closed") return Promise.resolve();
    this.#enter("closed");
    this.#closed(this);
    this.#listening.abort();
    const transport = this.#transport;
    this.#transport = undefined;
    return new Promise((resolve) => {
      this.#gone = () => {
        clearTimeout(this.#timer);
        resolve();
      };
      if (!transport) return resolve();
      this.#timer = setTimeout(resolve, CLOSE_MS);
      transport.close();
    });
  }

  #receive(text: string, ref: string | undefined): void {
    this.#heard.set(ref ?? "", performance.now());
    for (const line of text.split("\n")) {
      const frame = readFrame(line);
      const readers = [...this.#readers.values()]
        .filter((reader) => ref === undefined || reader.ref === ref);
      if (frame) this.#handle(frame, readers, ref, line.length);
      else if (frame === undefined) {
        for (const { options } of readers) {
          options.onError(
            new RealtimeError("invalid_json", "A frame can't be read"),
          );
        }
      }
    }
  }

  #handle(
    frame: MessageFrame | ControlFrame,
    readers: readonly Reader[],
    ref: string | undefined,
    size: number,
  ): void {
    switch (frame.kind) {
      case "ping":
        this.#transport?.send({ kind: "pong" });
        for (const reader of readers) {
          reader.seen(frame.data?.[reader.options.channel]);
        }
        break;
      case "ready":
        this.#attempt = 0;
        this.#silenceMs = frame.data.ping_interval_ms + SILENCE_MS;
        this.#watch();
        for (const reader of readers) {
          if (reader.ref !== (frame.ref ?? ref)) continue;
          reader.options.tokens.accepted(frame.data.ticket);
          reader.ready(frame.data.channels);
        }
        break;
      case "gap": {
        // A gap that was announced is of those it was announced to.
        const here = readers.filter(({ options }) =>
          options.channel === frame.channel
        );
        const lost = here.filter(({ isLost }) => isLost);
        for (const reader of lost.length > 0 ? lost : here) {
          reader.gap(frame.data);
        }
        break;
      }
      case "error": {
        const { code, message } = frame.data;
        const error = new RealtimeError(code as RealtimeErrorCode, message);
        const reader = this.#readers.get(frame.ref ?? ref ?? "");
        if (reader) this.#refuse(reader, error, reader.presented);
        else this.#reason = error;
        break;
      }
      case "closing":
        this.#retryAfterMs = frame.data.retry_after_ms;
        break;
      case "ack":
        break;
      default:
        for (const reader of readers) reader.receive(frame, size);
    }
  }

  #refuse(reader: Reader, error: RealtimeError, presented?: string): void {
    if (reader.phase === "paused") return;
    reader.disconnected();
    if (presented && REFUSED.test(error.code)) {
      reader.options.tokens.refused(presented, error);
      void this.join(reader);
    } else if (TRANSIENT.test(error.code)) {
      void pause(backoff(reader.attempt++), reader.signal)
        .then(() => this.join(reader));
    } else reader.fail(error);
  }
}

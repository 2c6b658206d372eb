import type { Packet, Socket } from "../wire/socket.ts";

/** Bytes handed to the runtime at most; the rest waits here, where it is counted. */
export const HANDED_BYTES = 256 * 1024;

/** How often a waiting queue looks whether the runtime has room, for runtimes that don't tell: soon, then ever more seldom. */
const POLL_MS = { first: 1, last: 100 } as const;

/** Bounds of a connection's queue. */
export interface SendQueueLimits {
  /** Bytes that may wait. */
  readonly queueBytes: number;
  /** Milliseconds without progress after which the peer is too slow. */
  readonly deadlineMs: number;
}

/**
 * What waits to be sent to one connection, counted in bytes. What the peer takes in time goes straight to the
 * runtime; for one that doesn't, it holds a bounded queue, then gives up.
 */
export class SendQueue {
  readonly #socket: Socket;
  readonly #limits: SendQueueLimits;
  readonly #tooSlow: () => void;
  readonly #now: () => number;
  #queue: Packet[] = [];
  #bytes = 0;
  /** What the runtime may have at most: to ask it for each message takes a tenth of what a delivery costs on Deno. */
  #handed: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the runtime had when it was last seen to make progress, and when. */
  #lastBuffered = 0;
  #progressAt = 0;
  #pollMs: number = POLL_MS.first;
  #waiters: Array<() => void> = [];
  #closed = false;

  /**
   * @param tooSlow Called once, when it has given up.
   * @param now The clock, in milliseconds.
   */
  constructor(
    socket: Socket,
    limits: SendQueueLimits,
    tooSlow: () => void,
    now: () => number = () => performance.now(),
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#tooSlow = tooSlow;
    this.#now = now;
    this.#handed = socket.buffered;
  }

  /** Bytes that wait, here and in the runtime. */
  get bytes(): number {
    return this.#bytes + this.#socket.buffered;
  }

  /** Sends, now or when there is room. */
  write(packet: Packet): void {
    if (this.#closed) return;
    if (this.#queue.length === 0 && this.#hasRoom()) {
      this.#handed += packet.bytes;
      this.#socket.send(packet);
      return;
    }
    if (this.#timer === undefined) this.#beginWaiting();
    this.#queue.push(packet);
    this.#bytes += packet.bytes;
    if (this.#bytes > this.#limits.queueBytes) this.#giveUp();
  }

  /** Resolves when the runtime has room, at once if it has; also when the connection ends. */
  ready(): Promise<void> {
    if (
      this.#closed ||
      (this.#queue.length === 0 && this.#socket.buffered < HANDED_BYTES)
    ) return Promise.resolve();
    if (this.#timer === undefined) this.#beginWaiting();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** The runtime has room, or may have. */
  drain(): void {
    if (this.#closed) return;
    const buffered = this.#socket.buffered;
    let sent = 0;
    while (sent < this.#queue.length && this.#socket.buffered < HANDED_BYTES) {
      const packet = this.#queue[sent++];
      if (packet === undefined) break;
      this.#bytes -= packet.bytes;
      this.#socket.send(packet);
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
    const now = this.#now();
    if (sent > 0 || buffered < this.#lastBuffered) {
      this.#progressAt = now;
      this.#pollMs = POLL_MS.first;
    }
    this.#lastBuffered = this.#handed = this.#socket.buffered;
    if (this.#queue.length === 0 && this.#lastBuffered < HANDED_BYTES) {
      this.#stopWaiting();
    } else if (now - this.#progressAt > this.#limits.deadlineMs) this.#giveUp();
  }

  /** Forgets everything: the connection is gone. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#bytes = 0;
    this.#stopWaiting();
  }

  /** Whether the runtime takes more, as far as is known without asking. */
  #hasRoom(): boolean {
    if (this.#handed < HANDED_BYTES) return true;
    this.#handed = this.#socket.buffered;
    return this.#handed < HANDED_BYTES;
  }

  #giveUp(): void {
    this.close();
    this.#tooSlow();
  }

  #beginWaiting(): void {
    this.#progressAt = this.#now();
    this.#lastBuffered = this.#socket.buffered;
    this.#pollMs = POLL_MS.first;
    this.#poll();
  }

  #poll(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.drain();
      if (
        !this.#closed &&
        (this.#queue.length > 0 || this.#waiters.length > 0)
      ) this.#poll();
    }, this.#pollMs);
    this.#pollMs = Math.min(2 * this.#pollMs, POLL_MS.last);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

import type { Packet, Socket } from "../wire/socket.ts";

/** Most bytes that the runtime gets to hold. More waits here, where the bytes are counted. */
export const HANDED_BYTES = 256 * 1024;

/** How often a backlog checks for room, since not all runtimes report it: the interval grows while there is none. */
const POLL_MS = { first: 1, last: 100 };

/** Limits of a connection's send queue. */
export interface SendQueueLimits {
  /** Bytes that may wait. */
  readonly queueBytes: number;
  /** Milliseconds without progress after which the peer is a slow consumer. */
  readonly deadlineMs: number;
  /** The clock, in milliseconds: `performance.now`, except in tests. */
  readonly now?: () => number;
}

/** `waiting` for room; `empty`, with room in the runtime; `too slow` when a limit is exceeded. */
export type BacklogState = "waiting" | "empty" | "too slow";

/** The packets of one connection that wait for room in the runtime. It exists only while the runtime has none. */
export class Backlog {
  readonly #socket: Socket;
  readonly #limits: SendQueueLimits;
  readonly #poll: () => void;
  #packets: Packet[] = [];
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pollMs = POLL_MS.first;
  /** Bytes that the runtime held when it was last asked, and the time of the last progress. */
  #lastBuffered: number;
  #progressAt: number;
  #waiters: Array<() => void> = [];
  #isStopped = false;

  /** @param poll Called from time to time, to drain. */
  constructor(socket: Socket, limits: SendQueueLimits, poll: () => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#poll = poll;
    this.#lastBuffered = socket.buffered;
    this.#progressAt = this.#now();
    this.#startTimer();
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(packet: Packet): BacklogState {
    this.#packets.push(packet);
    this.#bytes += packet.bytes;
    return this.#bytes > this.#limits.queueBytes ? "too slow" : "waiting";
  }

  /** Resolves when the runtime has room again, or the backlog is stopped. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Hands packets to the runtime while it has room. */
  drain(): BacklogState {
    const buffered = this.#socket.buffered;
    const sent = this.#send();
    const now = this.#now();
    if (sent > 0 || buffered < this.#lastBuffered) {
      this.#progressAt = now;
      this.#pollMs = POLL_MS.first;
    }
    this.#lastBuffered = this.#socket.buffered;
    if (this.#packets.length === 0 && this.#lastBuffered < HANDED_BYTES) {
      return "empty";
    }
    const isLate = now - this.#progressAt > this.#limits.deadlineMs;
    return isLate ? "too slow" : "waiting";
  }

  /** Drops the packets, stops the timer and resolves the promises of {@linkcode room}. */
  stop(): void {
    this.#isStopped = true;
    this.#packets = [];
    this.#bytes = 0;
    clearTimeout(this.#timer);
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** @returns How many packets were sent. */
  #send(): number {
    let sent = 0;
    for (const packet of this.#packets) {
      if (this.#isStopped || this.#socket.buffered >= HANDED_BYTES) break;
      this.#bytes -= packet.bytes;
      this.#socket.send(packet);
      sent++;
    }
    if (sent > 0) this.#packets = this.#packets.slice(sent);
    return sent;
  }

  #startTimer(): void {
    this.#timer = setTimeout(() => {
      this.#poll();
      if (!this.#isStopped) this.#startTimer();
    }, this.#pollMs);
    this.#pollMs = Math.min(2 * this.#pollMs, POLL_MS.last);
  }

  #now(): number {
    return this.#limits.now?.() ?? performance.now();
  }
}

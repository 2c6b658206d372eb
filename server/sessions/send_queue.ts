import { SpreadTasks } from "../turns/spread_tasks.ts";
import type { Packet, Socket } from "../wire/socket.ts";
import {
  Backlog,
  type BacklogState,
  HANDED_BYTES,
  type SendQueueLimits,
} from "./backlog.ts";

/** Ends connections. To end one whose buffers are full takes 0.3 ms, so a thousand in one turn would delay all others. */
const ends = new SpreadTasks(4);

/** The session that a send queue belongs to. */
export interface SendQueueOwner {
  readonly host: { readonly sendQueue: SendQueueLimits };
  /** The peer is a slow consumer. Called once. */
  tooSlow(): void;
}

/**
 * The send queue of one connection, in front of its socket. Packets go straight to the runtime while it has room. Others wait in a
 * {@linkcode Backlog}, up to a limit. An idle connection has no backlog.
 */
export class SendQueue {
  readonly #socket: Socket;
  readonly #owner: SendQueueOwner;
  /** Upper bound of the bytes that the runtime holds. To ask it for each message would take a tenth of a delivery's time on Deno. */
  #handed = 0;
  #backlog: Backlog | undefined;
  /** Settles when the last of the reads that take turns is done. */
  #turn: Promise<void> | undefined;
  #isClosed = false;

  constructor(socket: Socket, owner: SendQueueOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Bytes that wait, here and in the runtime. */
  get bytes(): number {
    return (this.#backlog?.bytes ?? 0) + this.#socket.buffered;
  }

  /** Sends a packet now, or when there is room. */
  write(packet: Packet): void {
    if (this.#isClosed) return;
    if (this.#hasRoom()) {
      this.#handed += packet.bytes;
      this.#socket.send(packet);
    } else this.#settle(this.#wait().add(packet));
  }

  /** Resolves when there is room, or when the connection ends. */
  ready(): Promise<void> {
    if (this.#isClosed || this.#hasRoom()) return Promise.resolve();
    return this.#wait().room();
  }

  /** Calls `read` when there is room, one call at a time: several at once would fill the queue of a client that keeps up. */
  inTurn(read: () => Promise<void>): Promise<void> {
    const turn = (this.#turn ?? Promise.resolve())
      .then(() => this.ready())
      .then(read);
    // The caller handles a failure. It must not keep the next read from its turn.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Sends what waits, as far as the runtime has room. */
  drain(): void {
    if (this.#backlog) this.#settle(this.#backlog.drain());
  }

  /** Closes the connection after what the runtime holds; drops what waits here. */
  close(code: number, reason: string): void {
    this.stop();
    this.#socket.close(code, reason);
  }

  /** Ends the connection to a peer that does not read. */
  terminate(code: number, reason: string): void {
    this.stop();
    ends.add(() => this.#socket.terminate(code, reason));
  }

  /** Drops what waits, because the connection is gone. */
  stop(): void {
    this.#isClosed = true;
    this.#dropBacklog();
  }

  #hasRoom(): boolean {
    if (this.#backlog !== undefined) return false;
    if (this.#handed < HANDED_BYTES) return true;
    this.#handed = this.#socket.buffered;
    return this.#handed < HANDED_BYTES;
  }

  #wait(): Backlog {
    return this.#backlog ??= new Backlog(
      this.#socket,
      this.#owner.host.sendQueue,
      () => this.drain(),
    );
  }

  #settle(state: BacklogState): void {
    switch (state) {
      case "waiting":
        return;
      case "empty":
        this.#handed = this.#socket.buffered;
        return this.#dropBacklog();
      case "too slow":
        this.stop();
        this.#owner.tooSlow();
    }
  }

  #dropBacklog(): void {
    const backlog = this.#backlog;
    this.#backlog = undefined;
    backlog?.stop();
  }
}

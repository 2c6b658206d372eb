import { Revocations } from "../../../server/auth/revocations.ts";
import { Events } from "../../../server/events/events.ts";
import { Hub } from "../../../server/fan_out/hub.ts";
import { Counts } from "../../../server/events/counts.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import type { SessionHost } from "../../../server/sessions/session.ts";
import type { Packet, Socket } from "../../../server/wire/socket.ts";

/** A socket whose peer reads as many bytes as the test says. */
export class FakeSocket implements Socket {
  readonly sent: Packet[] = [];
  buffered = 0;
  closed = false;
  terminated = false;
  /** The most bytes that were buffered at any time. */
  peak = 0;

  send(packet: Packet): void {
    this.sent.push(packet);
    this.buffered += packet.bytes;
    this.peak = Math.max(this.peak, this.buffered);
  }

  /** Lets the peer read some bytes. */
  take(bytes: number): void {
    this.buffered = Math.max(0, this.buffered - bytes);
  }

  close(): void {
    this.closed = true;
  }

  terminate(): void {
    this.terminated = true;
  }
}

/** Returns the host of a session without a gateway. */
export function fakeHost(
  broker: MemoryBroker = new MemoryBroker(),
): SessionHost {
  return {
    hub: new Hub(broker),
    counts: new Counts(),
    revocations: new Revocations(broker, () => 0),
    sendQueue: { queueBytes: 1024 * 1024, deadlineMs: 10_000 },
    pingIntervalMs: 15_000,
    pongTimeoutMs: 10_000,
    maxSubscriptions: 128,
    maxInboundRate: 100,
    tokenDeadlineMs: 10_000,
    ticket: () => Promise.resolve("ticket"),
    events: new Events(),
    report() {},
    ended() {},
  };
}

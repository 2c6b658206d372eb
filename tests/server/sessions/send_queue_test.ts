import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { HANDED_BYTES } from "../../../server/sessions/backlog.ts";
import { SendQueue } from "../../../server/sessions/send_queue.ts";
import { Packet } from "../../../server/wire/socket.ts";
import { FakeSocket } from "../../support/wire/fake_socket.ts";

const KIB = 1024;

function packet(kib: number, name = ""): Packet {
  return new Packet([name], kib * KIB);
}

/** A send queue on a fake socket; `tooSlow` resolves when the peer is found too slow. */
function createQueue(queueKib = 1024, deadlineMs = 60_000) {
  const socket = new FakeSocket();
  const { promise: tooSlow, resolve } = Promise.withResolvers<"too slow">();
  const clock = { now: 0 };
  const queue = new SendQueue(socket, {
    host: {
      sendQueue: {
        queueBytes: queueKib * KIB,
        deadlineMs,
        now: () => clock.now,
      },
    },
    tooSlow: () => resolve("too slow"),
  });
  return { socket, queue, tooSlow, clock };
}

describe("SendQueue", () => {
  it("hands packets straight to the runtime while the peer reads in time", () => {
    const { socket, queue } = createQueue();
    for (let i = 0; i < 100; i++) {
      queue.write(packet(100));
      socket.take(100 * KIB);
    }
    assertEquals(socket.sent.length, 100);
    queue.stop();
  });

  it("hands the runtime no more than its share, and one packet beyond", () => {
    const { socket, queue } = createQueue();
    for (let i = 0; i < 12; i++) queue.write(packet(100));
    assertEquals(socket.sent.length, 3);
    assert(socket.peak < HANDED_BYTES + 100 * KIB);
    assertEquals(queue.bytes, 1200 * KIB);
    queue.stop();
  });

  it("sends waiting packets in order as the runtime gets room", () => {
    const { socket, queue } = createQueue();
    for (let i = 0; i < 10; i++) queue.write(packet(100, String(i)));
    for (let i = 0; i < 10; i++) {
      socket.take(150 * KIB);
      queue.drain();
    }
    assertEquals(
      socket.sent.flatMap(({ texts }) => texts).join(""),
      "0123456789",
    );
    assertEquals(socket.peak <= HANDED_BYTES + 100 * KIB, true);
  });

  it("hands packets straight to the runtime again once it has drained", () => {
    const { socket, queue } = createQueue();
    for (let i = 0; i < 4; i++) queue.write(packet(100));
    socket.take(1000 * KIB);
    queue.drain();
    socket.take(1000 * KIB);
    for (let i = 0; i < 2; i++) queue.write(packet(100));
    assertEquals(socket.sent.length, 6);
  });

  it("looks for room by itself, for runtimes that do not report it", async () => {
    const { socket, queue } = createQueue();
    for (let i = 0; i < 5; i++) queue.write(packet(100));
    assertEquals(socket.sent.length, 3);
    const ready = queue.ready();
    socket.take(1000 * KIB);
    await ready;
    assertEquals(socket.sent.length, 5);
    queue.stop();
  });

  it("finds a peer too slow as soon as its queue exceeds the limit", async () => {
    const { socket, queue, tooSlow } = createQueue(500);
    for (let i = 0; i < 3; i++) queue.write(packet(100));
    for (let i = 0; i < 5; i++) queue.write(packet(100));
    assertEquals(queue.bytes, 800 * KIB);
    queue.write(new Packet([""], 1));
    assertEquals(await tooSlow, "too slow");
    assertEquals([socket.sent.length, queue.bytes], [3, 300 * KIB]);
  });

  it("finds a peer too slow that makes no progress before the deadline", async () => {
    const { queue, tooSlow, clock } = createQueue(1024, 1000);
    for (let i = 0; i < 4; i++) queue.write(packet(100));
    clock.now = 1000;
    queue.drain();
    assertEquals(queue.bytes, 400 * KIB);
    clock.now = 1001;
    assertEquals(await tooSlow, "too slow");
    assertEquals(queue.bytes, 300 * KIB);
  });

  it("finds a peer too slow even if only the runtime has packets left", async () => {
    const { queue, tooSlow, clock } = createQueue(1024, 1000);
    queue.write(packet(300));
    const ready = queue.ready();
    clock.now = 1001;
    assertEquals(await tooSlow, "too slow");
    await ready;
  });

  it("bears with a peer that reads a little all the time", async () => {
    const { socket, queue, tooSlow, clock } = createQueue(1024, 1000);
    for (let i = 0; i < 7; i++) queue.write(packet(100));
    const ready = queue.ready();
    while (socket.sent.length < 7 || socket.buffered >= HANDED_BYTES) {
      clock.now += 900;
      socket.take(10 * KIB);
      queue.drain();
    }
    const outcome = await Promise.race([tooSlow, ready]);
    assertEquals([outcome, socket.sent.length], [undefined, 7]);
    assert(clock.now > 10_000);
  });

  it("resolves ready() at once where there is room, and when it is stopped", async () => {
    const { queue } = createQueue();
    await queue.ready();
    queue.write(packet(300));
    const waiting = Promise.all([queue.ready(), queue.ready()]);
    queue.stop();
    await waiting;
    await queue.ready();
  });

  it("runs reads in turn, one at a time, also after one that failed", async () => {
    const { queue } = createQueue();
    const order: string[] = [];
    async function read(name: string): Promise<void> {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 0));
      order.push(`${name} ends`);
      if (name === "a") throw new Error("a failed");
    }
    const [a, b] = await Promise.allSettled([
      queue.inTurn(() => read("a")),
      queue.inTurn(() => read("b")),
    ]);
    assertEquals([a?.status, b?.status], ["rejected", "fulfilled"]);
    assertEquals(order, ["a begins", "a ends", "b begins", "b ends"]);
  });

  it("sends nothing more once it is stopped", () => {
    const { socket, queue } = createQueue();
    for (let i = 0; i < 5; i++) queue.write(packet(100));
    queue.stop();
    queue.write(packet(100));
    socket.take(1000 * KIB);
    queue.drain();
    assertEquals(socket.sent.length, 3);
  });
});

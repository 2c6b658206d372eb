import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  HANDED_BYTES,
  SendQueue,
} from "../../../server/sessions/send_queue.ts";
import { Packet } from "../../../server/wire/socket.ts";
import { FakeSocket } from "../../support/wire/fake_socket.ts";

const KIB = 1024;

function packet(kib: number, name = ""): Packet {
  return new Packet([name], kib * KIB);
}

/** An outbox on a fake socket; `gaveUp` resolves when the peer is too slow. */
function createQueue(queueKib = 1024, deadlineMs = 60_000) {
  const socket = new FakeSocket();
  const { promise: gaveUp, resolve } = Promise.withResolvers<"too slow">();
  const limits = { queueBytes: queueKib * KIB, deadlineMs };
  const clock = { now: 0 };
  const outbox = new SendQueue(
    socket,
    limits,
    () => resolve("too slow"),
    () => clock.now,
  );
  return { socket, outbox, gaveUp, clock };
}

describe("SendQueue", () => {
  it("hands over at once what the peer takes in time", () => {
    const { socket, outbox } = createQueue();
    for (let i = 0; i < 100; i++) {
      outbox.write(packet(100));
      socket.take(100 * KIB);
    }
    assertEquals(socket.sent.length, 100);
    outbox.close();
  });

  it("hands over no more than it may, and one packet beyond", () => {
    const { socket, outbox } = createQueue();
    for (let i = 0; i < 12; i++) outbox.write(packet(100));
    assertEquals(socket.sent.length, 3);
    assert(socket.peak < HANDED_BYTES + 100 * KIB);
    assertEquals(outbox.bytes, 1200 * KIB);
    outbox.close();
  });

  it("sends what waits in order, as room is made", () => {
    const { socket, outbox } = createQueue();
    for (let i = 0; i < 10; i++) outbox.write(packet(100, String(i)));
    for (let i = 0; i < 10; i++) {
      socket.take(150 * KIB);
      outbox.drain();
    }
    assertEquals(
      socket.sent.flatMap(({ texts }) => texts).join(""),
      "0123456789",
    );
    assertEquals(socket.peak <= HANDED_BYTES + 100 * KIB, true);
  });

  it("looks for room by itself where the runtime doesn't tell", async () => {
    const { socket, outbox } = createQueue();
    for (let i = 0; i < 5; i++) outbox.write(packet(100));
    assertEquals(socket.sent.length, 3);
    const ready = outbox.ready();
    socket.take(1000 * KIB);
    await ready;
    assertEquals(socket.sent.length, 5);
    outbox.close();
  });

  it("gives up a peer whose queue is over the limit, at once", async () => {
    const { socket, outbox, gaveUp } = createQueue(500);
    for (let i = 0; i < 3; i++) outbox.write(packet(100));
    for (let i = 0; i < 5; i++) outbox.write(packet(100));
    assertEquals(outbox.bytes, 800 * KIB);
    outbox.write(new Packet([""], 1));
    assertEquals(await gaveUp, "too slow");
    assertEquals([socket.sent.length, outbox.bytes], [3, 300 * KIB]);
  });

  it("gives up a peer that takes nothing for longer than it may", async () => {
    const { outbox, gaveUp, clock } = createQueue(1024, 1000);
    for (let i = 0; i < 4; i++) outbox.write(packet(100));
    clock.now = 1000;
    outbox.drain();
    assertEquals(outbox.bytes, 400 * KIB);
    clock.now = 1001;
    assertEquals(await gaveUp, "too slow");
    assertEquals(outbox.bytes, 300 * KIB);
  });

  it("also where nothing but the runtime has something left", async () => {
    const { outbox, gaveUp, clock } = createQueue(1024, 1000);
    outbox.write(packet(300));
    const ready = outbox.ready();
    clock.now = 1001;
    assertEquals(await gaveUp, "too slow");
    await ready;
  });

  it("bears with a peer that takes a little all the time", async () => {
    const { socket, outbox, gaveUp, clock } = createQueue(1024, 1000);
    for (let i = 0; i < 7; i++) outbox.write(packet(100));
    const ready = outbox.ready();
    while (socket.sent.length < 7 || socket.buffered >= HANDED_BYTES) {
      clock.now += 900;
      socket.take(10 * KIB);
      outbox.drain();
    }
    const outcome = await Promise.race([gaveUp, ready]);
    assertEquals([outcome, socket.sent.length], [undefined, 7]);
    assert(clock.now > 10_000);
  });

  it("resolves ready() at once where there is room, and when it is closed", async () => {
    const { outbox } = createQueue();
    await outbox.ready();
    outbox.write(packet(300));
    const waiting = Promise.all([outbox.ready(), outbox.ready()]);
    outbox.close();
    await waiting;
    await outbox.ready();
  });

  it("does nothing once it is closed", () => {
    const { socket, outbox } = createQueue();
    for (let i = 0; i < 5; i++) outbox.write(packet(100));
    outbox.close();
    outbox.write(packet(100));
    socket.take(1000 * KIB);
    outbox.drain();
    assertEquals(socket.sent.length, 3);
  });
});

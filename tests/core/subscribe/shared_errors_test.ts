import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { takeData } from "../../support/client/client.ts";
import {
  type FakeGateway,
  type FakePeer,
  frame,
  readyFrame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { join } from "../../support/client/joining.ts";

/** Lines in a text that stand for the millions that a frame may have. */
const LINES = 1_000_000;

/** A few subscriptions on one connection, each with an `onError` of its own. */
async function joinedByThree(gateway: FakeGateway) {
  const errors: RealtimeError[] = [];
  const states: string[] = [];
  const openings = Array.from({ length: 3 }, () =>
    join(gateway, {
      reconnectMin: "5ms",
      reconnectMax: "10ms",
      onError: (error) => errors.push(error),
      onState: (state) => states.push(state),
    }));
  const peer = await gateway.peer();
  for (const _ of openings) await peer.accept();
  const subscriptions = await Promise.all(openings);
  return {
    errors,
    states,
    peer,
    /** Sends a message, and checks that each subscription gets it. */
    async deliver(peer: FakePeer, offset: number) {
      peer.send(frame(offset, offset));
      for (const subscription of subscriptions) {
        assertEquals(await takeData(subscription, 1), [offset]);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(subscriptions.map((one) => one.close()));
    },
  };
}

describe("An error of a connection that subscriptions share", () => {
  it("is reported once where a frame can't be read", async () => {
    await using gateway = await startFakeGateway();
    await using joined = await joinedByThree(gateway);
    joined.peer.raw("{\n1\nnull");
    await joined.deliver(joined.peer, 1);
    assertEquals(joined.errors.map(({ code, message }) => [code, message]), [
      ["invalid_json", "Cannot read a frame of 8 characters"],
    ]);
  });

  it("is reported once where the gateway tells one, and every subscription learns that the connection is lost", async () => {
    await using gateway = await startFakeGateway();
    await using joined = await joinedByThree(gateway);
    const data = { code: "rate_limited", message: "Too fast" };
    joined.peer.send({ kind: "error", data });
    joined.peer.close(4429);
    const again = await gateway.peer();
    for (let i = 0; i < 3; i++) await again.accept();
    await joined.deliver(again, 1);
    assertEquals(joined.errors.map(({ code }) => code), ["rate_limited"]);
    const waiting = joined.states.filter((state) => state === "waiting");
    assertEquals(waiting.length, 3);
  });

  it("is none where a frame has a million empty lines", async () => {
    await using gateway = await startFakeGateway();
    await using joined = await joinedByThree(gateway);
    joined.peer.raw("\n".repeat(LINES));
    await joined.deliver(joined.peer, 1);
    assertEquals(joined.errors, []);
  });

  it("is reported once where a frame has a million unreadable lines, and the connection comes back", async () => {
    await using gateway = await startFakeGateway();
    await using joined = await joinedByThree(gateway);
    joined.peer.raw("{\n".repeat(LINES));
    const again = await gateway.peer();
    for (let i = 0; i < 3; i++) await again.accept();
    await joined.deliver(again, 1);
    assertEquals(joined.errors.map(({ code }) => code), ["invalid_json"]);
  });
});

describe("An event stream", () => {
  /** Subscribes by Server-Sent Events, and returns the response's body as the test writes it. */
  async function joinedBySse(gateway: FakeGateway) {
    const errors: RealtimeError[] = [];
    const opening = join(gateway, {
      transport: "sse",
      reconnectMin: "5ms",
      reconnectMax: "10ms",
      onError: (error) => errors.push(error),
    });
    async function accept() {
      const { response } = await gateway.request();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(readyFrame())}\n\n`);
      return response;
    }
    const response = await accept();
    return { errors, response, accept, subscription: await opening };
  }

  it("with a million empty lines and events reports nothing", async () => {
    await using gateway = await startFakeGateway();
    const { errors, response, subscription } = await joinedBySse(gateway);
    response.write("\n".repeat(LINES));
    response.write("data:\n\n".repeat(LINES / 10));
    response.write(`data: ${JSON.stringify(frame(1, "a"))}\n\n`);
    assertEquals(await takeData(subscription, 1), ["a"]);
    assertEquals(errors, []);
    await subscription.close();
  });

  it("with a hundred thousand unreadable events is ended with an error, and comes back", async () => {
    await using gateway = await startFakeGateway();
    const { errors, response, accept, subscription } = await joinedBySse(
      gateway,
    );
    response.on("error", () => {});
    response.write("data:{\n\n".repeat(LINES / 10));
    const again = await accept();
    again.write(`data: ${JSON.stringify(frame(1, "a"))}\n\n`);
    assertEquals(await takeData(subscription, 1), ["a"]);
    assertEquals(errors.map(({ code }) => code), ["invalid_json"]);
    await subscription.close();
  });
});

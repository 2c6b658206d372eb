import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { setImmediate } from "node:timers/promises";
import type { Member } from "../../../server/fan_out/audience.ts";
import { Hub } from "../../../server/fan_out/hub.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { newMessage } from "../../../server/wire/envelope.ts";

const CHANNEL = "c";
const TOPIC = "t";

/** A hub with some connections that follow a channel. */
class Following implements AsyncDisposable {
  readonly #broker = new MemoryBroker();
  readonly #hub = new Hub(this.#broker);
  /** How many messages each write of the first connection had. */
  readonly writes: number[] = [];

  /** Adds connections. */
  async add(count: number): Promise<void> {
    const feed = await this.#hub.hold(CHANNEL);
    const { members } = feed.audience("ws.v1", new Set([TOPIC]));
    const first: Member = {
      cursor: undefined,
      write: (packets) => {
        const texts = packets.flatMap(({ texts }) => texts);
        this.writes.push(texts.join("\n").split("\n").length);
      },
    };
    members.add(first);
    while (members.size < count) {
      members.add({ cursor: undefined, write: () => {} });
    }
  }

  /** Publishes a message. */
  publish(data: string): void {
    const message = newMessage({ channel: CHANNEL }, TOPIC, data);
    const ids = this.#broker.publish(CHANNEL, [message]);
    assert(!(ids instanceof Promise));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#broker.close();
  }
}

describe("Hub", () => {
  it("writes a message within its publish when the gateway is idle", async () => {
    await using following = new Following();
    await following.add(1);
    following.publish("1");
    assertEquals(following.writes, [1]);
    await setImmediate();
    assertEquals(following.writes, [1]);
  });

  it("writes the further messages of a burst together, at the end of the turn", async () => {
    await using following = new Following();
    await following.add(1);
    for (let i = 0; i < 100; i++) following.publish(`${i}`);
    // A slow machine may be idle for a millisecond in between.
    assert(following.writes.length < 50, `${following.writes}`);
    await setImmediate();
    assertEquals(following.writes.reduce((sum, count) => sum + count), 100);
  });

  it("doesn't let a publisher wait for the writes to a large audience", async () => {
    await using following = new Following();
    await following.add(17);
    following.publish("1");
    following.publish("2");
    assertEquals(following.writes, []);
    await setImmediate();
    assertEquals(following.writes, [2]);
  });
});

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createClaims, type TopicClaim } from "../../../core/protocol/token.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { Session } from "../../../server/sessions/session.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import { fakeHost, FakeSocket } from "../../support/wire/fake_socket.ts";
import { publish } from "../../support/wire/publish.ts";
import {
  claims,
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

const LIMIT = 128;

/** A session without a connection, whose tokens' topics count how often they are read. */
class CountedSession {
  readonly #broker = new MemoryBroker();
  readonly #session = new Session(
    fakeHost(this.#broker),
    new FakeSocket(),
    "ws.v1",
  );
  reads = 0;

  #count(topics: readonly TopicClaim[]): readonly TopicClaim[] {
    return new Proxy(topics, {
      get: (target, name, receiver) => {
        if (/^\d+$/.test(String(name))) this.reads++;
        return Reflect.get(target, name, receiver);
      },
    });
  }

  /** Does something, and returns how many topics were read for it. */
  async cost(action: () => Promise<void> | void): Promise<number> {
    const before = this.reads;
    await action();
    return this.reads - before;
  }

  subscribe(ref: string | undefined, ...topics: string[]): Promise<void> {
    const created = createClaims({ topics: claims(topics) });
    const counted = { ...created, topics: this.#count(created.topics) };
    return this.#session.subscriptions.subscribe(counted, undefined, ref);
  }

  unsubscribe(ref: string): void {
    this.#session.subscriptions.unsubscribe(ref);
  }

  unsubscribeTopics(...topics: string[]): void {
    this.#session.subscriptions.unsubscribeTopics(claims(topics));
  }

  async close(): Promise<void> {
    this.#session.ended(1001);
    await this.#broker.close();
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `c${i % 16}/t${i}`);
}

describe("a connection with many subscriptions", () => {
  it("is refused one more than 128 with too_many, whatever their topics are, and stays usable", async () => {
    await using gateway = await startGateway();
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["same/t"]);
    for (let i = 0; i < LIMIT; i++) {
      await client.subscribe(token, `${i}`);
      assertEquals((await client.ready()).ref, `${i}`);
    }
    await client.subscribe(token, "one more");
    assertEquals(await client.error(), { ref: "one more", code: "too_many" });
    // A newer token for a subscription that it has is no further one.
    await client.subscribe(token, "5");
    assertEquals((await client.ready()).ref, "5");
    await publish(gateway, "same/t", 1);
    assertEquals((await client.next()).data, 1);
    await client.send({ kind: "unsub", ref: "7" });
    await client.subscribe(token, "one more");
    assertEquals((await client.ready()).ref, "one more");
    await publish(gateway, "same/t", 2);
    assertEquals((await client.next()).data, 2);
  });

  it("is held against the configured limit", async () => {
    await using gateway = await startGateway({ maxSubscriptions: 2 });
    const token = await tokenFor(gateway, ["same/t"]);
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    await client.subscribe(token, "1");
    assertEquals((await client.ready()).ref, "1");
    await client.subscribe(token, "2");
    assertEquals(await client.error(), { ref: "2", code: "too_many" });
  });

  it("keeps a topic until the last of its subscriptions ends", async () => {
    await using gateway = await startGateway();
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["kept/t"]);
    const other = await tokenFor(gateway, ["kept/u", "other/t"]);
    for (let i = 0; i < 20; i++) {
      await client.subscribe(i % 2 ? other : token, `${i}`);
      await client.ready();
    }
    for (let i = 0; i < 20; i++) {
      await publish(gateway, "kept/t", i);
      assertEquals((await client.next()).data, i);
      // The last one of `token` is the 18th.
      if (i < 18) await client.send({ kind: "unsub", ref: `${i}` });
      await client.send({ kind: "?", ref: "done" });
      await client.error();
    }
    await client.send({ kind: "unsub", ref: "18" });
    await client.send({ kind: "?", ref: "done" });
    await client.error();
    await publish(gateway, "kept/t", "gone");
    await publish(gateway, "kept/u", "kept");
    assertEquals((await client.next()).data, "kept");
  });

  it("costs the same for each further sub, however many there are", async () => {
    const session = new CountedSession();
    const costs: number[] = [];
    for (let i = 0; i < LIMIT; i++) {
      const topics = names(32);
      costs.push(
        await session.cost(() => session.subscribe(`${i}`, ...topics)),
      );
    }
    assert(costs.every((cost) => cost > 0));
    // Up to 8 are a list, of which all are counted.
    const most = Math.max(...costs.slice(0, 9));
    assertEquals(
      costs.slice(9).filter((cost) => cost > most),
      [],
    );
    assertEquals(new Set(costs.slice(9)).size, 1);
    await session.close();
  });

  it("costs the same for each further sub without a ref, and for its end", async () => {
    const session = new CountedSession();
    const costs: number[] = [];
    for (let i = 0; i < LIMIT; i++) {
      const topic = `one/${i}`;
      costs.push(await session.cost(() => session.subscribe(undefined, topic)));
    }
    assertEquals(new Set(costs.slice(9)).size, 1);
    await session.close();
    const other = new CountedSession();
    for (let i = 0; i < LIMIT; i++) await other.subscribe(`${i}`, "c/t");
    const ends: number[] = [];
    for (let i = 0; i < LIMIT - 9; i++) {
      ends.push(await other.cost(() => other.unsubscribe(`${i}`)));
    }
    assertEquals(new Set(ends).size, 1);
    await other.close();
  });

  it("doesn't go through its subscriptions for an unsub of topics that it doesn't have", async () => {
    const session = new CountedSession();
    for (let i = 0; i < LIMIT; i++) {
      await session.subscribe(`${i}`, ...names(64));
    }
    const unknown = Array.from({ length: 2000 }, (_, i) => `other/${i}`);
    const cost = await session.cost(() =>
      session.unsubscribeTopics(...unknown)
    );
    assertEquals(cost, 0);
    await session.close();
  });
});

describe("a connection whose frames wait for the broker", () => {
  it("closes with 4429 when more wait than may come at once", async () => {
    const memory = new MemoryBroker();
    const held = Promise.withResolvers<void>();
    let calls = 0;
    const broker: Broker = Object.assign(memory, {
      async publish(...args: Parameters<Broker["publish"]>) {
        calls++;
        await held.promise;
        return MemoryBroker.prototype.publish.apply(memory, args);
      },
    });
    const limits = { maxInboundRate: 20, maxSubscriptions: 5 };
    await using gateway = await startGateway({ broker, ...limits });
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    const frame = { kind: "publish", channel: "c", topic: "t", data: 1 };
    for (let i = 0; i < 20; i++) void client.send({ ...frame, ref: `${i}` });
    await until(() => calls === 1);
    // Further frames are allowed in the seconds after this one.
    await new Promise((resolve) => setTimeout(resolve, 1050));
    for (let i = 0; i < 6; i++) void client.send({ ...frame, ref: "more" });
    const error = await client.find("error");
    assertEquals(Object(error.data).code, "rate_limited");
    assert(/wait for their answers/.test(Object(error.data).message));
    assertEquals((await client.closed).code, 4429);
    held.resolve();
  });
});

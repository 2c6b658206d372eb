import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type {
  Broker,
  ChannelState,
  LogListener,
  LogPage,
} from "../../../server/brokers/broker.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { publish, publishAll } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";
import { until } from "../../support/until.ts";

/** A broker that can lose its logs and be unreachable, as Redis can. */
class FrailBroker implements Broker {
  readonly name = "frail";
  isAway = false;
  /** How many reads it refused while it was away. */
  refusals = 0;
  #memory = new MemoryBroker();
  readonly #listeners = new Map<string, LogListener>();

  /** Loses every log. {@linkcode tell} notifies the listeners. */
  async lose(): Promise<void> {
    const { size } = this.#listeners;
    await this.#memory.close();
    this.#memory = new MemoryBroker();
    assertEquals(this.#listeners.size, size);
  }

  /** Notifies the listeners of the new position of their channel. */
  async tell(): Promise<void> {
    for (const [channel, listener] of this.#listeners) {
      const { epoch, first } = await this.#memory.read(channel, 0, 1, 1);
      listener.moved({ epoch, offset: first - 1 });
      const { entries } = await this.#memory.read(channel, 0, 1e3, 1e9);
      for (const entry of entries) listener.entry(epoch, entry);
      await this.#memory.subscribe(channel, listener);
    }
  }

  publish(...args: Parameters<Broker["publish"]>) {
    return this.#memory.publish(...args);
  }

  reply(...args: Parameters<Broker["reply"]>) {
    return this.#memory.reply(...args);
  }

  subscribe(channel: string, listener: LogListener): Promise<ChannelState> {
    this.#listeners.set(channel, listener);
    return this.#memory.subscribe(channel, listener);
  }

  unsubscribe(channel: string): void {
    this.#listeners.delete(channel);
    this.#memory.unsubscribe(channel);
  }

  /** Reads from memory. While it is away, it refuses reads of more than a position. */
  read(...args: Parameters<Broker["read"]>): Promise<LogPage> {
    const [, , limit] = args;
    if (this.isAway && limit > 1) {
      this.refusals++;
      return Promise.reject(new RealtimeError("unavailable", "Away"));
    }
    return this.#memory.read(...args);
  }

  before(channel: string, topics: ReadonlySet<string>, count: number) {
    return this.#memory.before(channel, topics, count);
  }

  announce(...args: Parameters<Broker["announce"]>): void {
    this.#memory.announce(...args);
  }

  subscribers(...args: Parameters<Broker["subscribers"]>) {
    return this.#memory.subscribers(...args);
  }

  revoke(...args: Parameters<Broker["revoke"]>): void {
    this.#memory.revoke(...args);
  }

  followRevocations(...args: Parameters<Broker["followRevocations"]>): void {
    this.#memory.followRevocations(...args);
  }

  awaitRevocations(): void {}

  health() {
    return this.#memory.health();
  }

  close() {
    return this.#memory.close();
  }
}

describe("a log that is lost while its channel is followed", () => {
  it("is reported to clients of tidings.v1 as one gap, and plain clients go on without it", async () => {
    const broker = new FrailBroker();
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t", "c/u"]);
    const { client } = await connectReady(gateway, { token });
    await using plain = await connectWire(gateway, { token });
    await using sse = await connectSse(gateway, { token, v1: true });
    await sse.ready();
    const [, last] = await publishAll(gateway, "c/t", [1, 2]);
    await broker.lose();
    const [next] = await publishAll(gateway, "c/u", [3]);
    await broker.tell();
    const after = await publish(gateway, "c/t", 4);
    for (const one of [client, sse]) {
      const frames = [];
      while (frames.length < 5) frames.push(await one.next());
      assertEquals(frames.map(({ kind, data, id }) => [kind, data, id]), [
        ["data", 1, frames[0]?.id],
        ["data", 2, last],
        ["gap", { after: last, before: next }, undefined],
        ["data", 3, next],
        ["data", 4, after],
      ]);
    }
    assertEquals(await plain.takeData(4), [1, 2, 3, 4]);
    await client.close();
  });

  it("is reported once, in the right place, to a client that resumes before the gateway knows of the loss", async () => {
    const broker = new FrailBroker();
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t"]);
    const { client: early } = await connectReady(gateway, { token });
    const [since = ""] = await publishAll(gateway, "c/t", [1]);
    await broker.lose();
    const [next] = await publishAll(gateway, "c/t", [2]);
    // The log has its new epoch while the feed still has the old one. Nothing can be sent until the feed knows.
    const connecting = connectWire(gateway, { token, since, v1: true });
    const late = await connecting;
    await broker.tell();
    const ready = await late.ready();
    assertEquals(ready.channels[0]?.recovered, false);
    const frames = await late.take(2);
    assertEquals(frames.map(({ kind, data }) => [kind, data]), [
      ["gap", { after: since, before: next }],
      ["data", 2],
    ]);
    assertEquals((await early.take(3)).map(({ kind }) => kind), [
      "data",
      "gap",
      "data",
    ]);
    await late.close();
    await early.close();
  });
});

describe("a broker that is away", () => {
  it("is asked again for the messages of a client, which stays connected", async () => {
    const broker = new FrailBroker();
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t"]);
    const [first = ""] = await publishAll(gateway, "c/t", [1, 2, 3]);
    broker.isAway = true;
    const since = first;
    const { client, ready } = await connectReady(gateway, { token, since });
    assertEquals(ready.channels[0]?.recovered, true);
    await until(() => broker.refusals === 2);
    broker.isAway = false;
    assertEquals(await client.takeData(2), [2, 3]);
    await client.close();
  });
});

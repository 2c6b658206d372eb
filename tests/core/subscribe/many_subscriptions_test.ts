import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Realtime, Untyped } from "../../../core/types/realtime.ts";
import {
  type AnySubscription,
  appOf,
  takeData,
} from "../../support/client/client.ts";
import { startFakeGateway } from "../../support/client/fake_gateway.ts";
import { join } from "../../support/client/joining.ts";
import { SIGNING_KEY, startGateway } from "../../support/gateway/gateway.ts";
import { closedUrl } from "../../support/gateway/local_server.ts";
import { until } from "../../support/until.ts";
import { batch } from "../../support/wire/publish.ts";
import type { Target } from "../../support/wire/websocket.ts";

type Options = Realtime.Subscribe.Options<Untyped>;

/** Subscriptions of one process, whose errors and states are collected. */
class Crowd implements AsyncDisposable {
  readonly errors: RealtimeError[] = [];
  readonly states: string[] = [];
  readonly opening: Promise<AnySubscription>[] = [];
  readonly #target: Target;
  readonly #over = new AbortController();

  constructor(target: Target) {
    this.#target = target;
  }

  /** Opens a subscription with functions of its own. */
  open(
    channel: string,
    topics: string[] = ["t"],
    key?: string,
  ): Promise<AnySubscription> {
    const options: Options = {
      reconnectMin: "20ms",
      reconnectMax: "50ms",
      signal: this.#over.signal,
      onError: (error) => this.errors.push(error),
      onState: (state) => this.states.push(state),
      // The log of a gateway that is started again is empty.
      onGap() {},
    };
    const { url: apiBaseUrl } = this.#target;
    const app = appOf(this.#target);
    const opening = key === undefined
      ? subscribe({ app, channel, topics }, options)
      : subscribe({ channel, topics, key, apiBaseUrl }, options);
    opening.catch(() => {});
    this.opening.push(opening);
    return opening;
  }

  /** Publishes a message to each channel, and checks that each subscription gets the one of its channel. */
  async deliver(channels: readonly string[]): Promise<void> {
    const lines = channels.map((channel) => {
      return { channel, topic: "t", data: channel };
    });
    await batch(this.#target, lines);
    const got = await Promise.all(this.opening.map(async (opening) => {
      const [data] = await takeData(await opening, 1);
      return data;
    }));
    assertEquals(got, [...channels]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await Promise.allSettled(
      this.opening.map(async (opening) => await (await opening).close()),
    );
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `c${i}`);
}

async function connectionsOf({ url }: Target): Promise<number> {
  const response = await fetch(`${url}/health`);
  return (await response.json()).connections;
}

describe("A process with many subscriptions", () => {
  it("has them on as few connections as the gateway allows, also after a restart, and hears of the outage once", async () => {
    const url = await closedUrl();
    const port = Number(new URL(url).port);
    const channels = names(300);
    await using crowd = new Crowd({ url, signingKey: SIGNING_KEY });
    {
      await using gateway = await startGateway({}, port);
      await Promise.all(channels.map((channel) => crowd.open(channel)));
      await crowd.deliver(channels);
      assertEquals(await connectionsOf(gateway), 3);
    }
    await until(() => crowd.errors.length > 0);
    await using gateway = await startGateway({}, port);
    await crowd.deliver(channels);
    assertEquals(await connectionsOf(gateway), 3);
    assertEquals(crowd.errors.map(({ code }) => code), ["unreachable"]);
  });

  it("obeys a gateway that is configured tighter, from the first frame on", async () => {
    await using gateway = await startGateway({
      maxSubscriptions: 3,
      maxInboundRate: 5,
    });
    const channels = names(20);
    await using crowd = new Crowd(gateway);
    await Promise.all(channels.map((channel) => crowd.open(channel)));
    await crowd.deliver(channels);
    assertEquals(await connectionsOf(gateway), 7);
    assertEquals(crowd.errors, []);
    assert(!crowd.states.includes("waiting"));
  });

  it("obeys a gateway that is configured tighter after a restart", async () => {
    const url = await closedUrl();
    const port = Number(new URL(url).port);
    const channels = names(20);
    await using crowd = new Crowd({ url, signingKey: SIGNING_KEY });
    {
      await using _ = await startGateway({}, port);
      await Promise.all(channels.map((channel) => crowd.open(channel)));
    }
    const tight = { maxSubscriptions: 3, maxInboundRate: 5 };
    await using gateway = await startGateway(tight, port);
    await crowd.deliver(channels);
    assertEquals(await connectionsOf(gateway), 7);
    assert(crowd.errors.every(({ code }) => code === "unreachable"));
  });

  it("counts each topic of a channel once, and takes the room of those that left", async () => {
    await using gateway = await startGateway({ maxSubscriptions: 4 });
    await using crowd = new Crowd(gateway);
    for (let i = 0; i < 3; i++) await crowd.open("same", ["t", "u", "v"]);
    assertEquals(await connectionsOf(gateway), 1);
    const other = await crowd.open("other", ["t", "u"]);
    assertEquals(await connectionsOf(gateway), 2);
    await other.close();
    await until(async () => await connectionsOf(gateway) === 1);
    await crowd.opening[0]?.then((one) => one.close());
    await crowd.open("one more");
    assertEquals(await connectionsOf(gateway), 1);
    await crowd.open("and one");
    assertEquals(await connectionsOf(gateway), 2);
    assertEquals(crowd.errors, []);
  });

  it("finds room for further streams of a subscription, also with `multiplex: false`", async () => {
    await using gateway = await startGateway({ maxSubscriptions: 2 });
    const app = appOf(gateway);
    for (const multiplex of [true, false]) {
      const channel = `streams-${multiplex}`;
      await using subscription: AnySubscription = await subscribe(
        { app, channel, topics: ["t"] },
        { multiplex },
      );
      const streams = Array.from(
        { length: 4 },
        () => subscription.getJsonStream(),
      );
      await app.publish({ channel, topic: "t", data: 1 });
      for (const stream of [subscription, ...streams]) {
        assertEquals(await takeData(stream, 1), [1]);
      }
      await until(async () => await connectionsOf(gateway) === 3);
    }
  });

  it("moves a subscription whose token has more topics than it names to another connection", async () => {
    await using gateway = await startGateway({ maxSubscriptions: 4 });
    await using crowd = new Crowd(gateway);
    for (const channel of ["a", "b"]) {
      const topics = names(4).map((name) => ({ channel, name }));
      topics[0] = { channel, name: "t" };
      const key = await mintToken(SIGNING_KEY, { topics });
      await crowd.open(channel, ["t"], key);
    }
    await crowd.deliver(["a", "b"]);
    assertEquals(await connectionsOf(gateway), 2);
    assertEquals(crowd.errors, []);
  });

  it("sends its frames no faster than the gateway told", async () => {
    await using gateway = await startFakeGateway();
    const started = performance.now();
    const openings = Array.from({ length: 6 }, () => join(gateway));
    const peer = await gateway.peer();
    const limits = {
      subscriptions: 128,
      frames_per_second: 20,
      frames_at_once: 2,
    };
    const first = await peer.next("sub");
    // The others wait for the first answer.
    assertEquals(peer.waiting, 0);
    peer.ready(first, 0, { limits });
    for (let i = 1; i < openings.length; i++) await peer.accept(0, { limits });
    // Two may come together, and each further one takes 50 ms.
    assert(performance.now() - started >= 4 * 50);
    await Promise.all(openings.map(async (one) => (await one).close()));
  });
});

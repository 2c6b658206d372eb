import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { keepStream } from "../../../core/publish/stream_lease.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { RealtimeApp, Untyped } from "../../../core/types/realtime.ts";
import {
  type AnySubscription,
  appOf,
  open,
  readAll,
  signal,
  take,
} from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { endsOf, logOf } from "../../support/wire/streams.ts";
import { connectWire, tokenFor } from "../../support/wire/websocket.ts";

/** Longer than the pause between two heartbeats, and short enough for a test. */
const LEASE_MS = 1500;

let gateway: TestGateway;
let app: RealtimeApp;

beforeAll(async () => {
  gateway = await startGateway({ streamLease: `${LEASE_MS}ms` });
  app = appOf(gateway);
});

afterAll(async () => {
  await gateway.close();
});

function subscribeTo(channel: string): Promise<AnySubscription> {
  return subscribe({ app, channel, topics: ["t"] });
}

async function errorOf(promise: Promise<unknown>): Promise<RealtimeError> {
  return await assertRejects(() => promise, RealtimeError);
}

describe("A stream that is published", () => {
  it("stays open while its source is quiet", async () => {
    const token = await tokenFor(gateway, ["thinks/$lease"]);
    await using signs = await connectWire(gateway, { token });
    const more = signal();
    const published = app.publish({
      channel: "thinks",
      topic: "t",
      data: async function* () {
        yield "a";
        await more.promise;
        yield "b";
      },
    });
    // Two of these messages are at least a quarter of the lease apart.
    await signs.take(5);
    more.resolve();
    await published;
    assertEquals(endsOf(await logOf(gateway, "thinks")).length, 1);
    const log = await logOf(gateway, "thinks");
    assertEquals(log.at(-1)?.metadata, undefined);
  });

  it("fails for its readers when the producer is gone, and for the producer when it comes back", async () => {
    await using proxy = await startProxy(gateway.url);
    await using subscription = await subscribeTo("gone");
    const reason = signal<unknown>();
    const producer = appOf({ ...gateway, url: proxy.url });
    const published = errorOf(producer.publish({
      channel: "gone",
      topic: "t",
      data: async function* (signal: AbortSignal) {
        signal.addEventListener("abort", () => reason.resolve(signal.reason));
        yield "a";
        await reason.promise;
        yield "b";
      },
    }));
    const [start] = await take(subscription, 2);
    proxy.cut();
    const error = await errorOf(readAll(start.stream));
    assertEquals(error.code, "producer_lost");
    proxy.lead(gateway.url);
    assertEquals((await published).code, "stream_ended");
    assertEquals(Object(await reason.promise).code, "stream_ended");
    assertEquals((await logOf(gateway, "gone")).map(({ kind }) => kind), [
      "datastream-start",
      "chunk",
      "datastream-end",
    ]);
  });

  it("continues after a restart of the gateway", async () => {
    const first = await startGateway();
    await using proxy = await startProxy(first.url);
    const more = signal();
    let answered: Promise<unknown> | undefined;
    const producer = createRealtime({
      url: proxy.url,
      signingKey: first.signingKey,
      fetch(input, init) {
        const response = fetch(input, init);
        if (String(input).endsWith("/batch")) {
          answered = response.then((response) => response.clone().text());
        }
        return response;
      },
    });
    const published = producer.publish({
      channel: "c",
      topic: "t",
      data: async function* () {
        yield "a";
        await more.promise;
        yield "b";
      },
    });
    await using subscription = await open(first, { from: "start" });
    await take(subscription, 2);
    // Without the answer the producer would repeat the beginning at the second gateway.
    assert(answered);
    await answered;
    proxy.cut();
    await first.close();
    await using second = await startGateway();
    proxy.lead(second.url);
    more.resolve();
    await published;
    const log = await logOf(second, "c");
    assertEquals(
      log.filter(({ topic }) => topic === "t").map(({ kind }) => kind),
      ["chunk", "datastream-end"],
    );
  });
});

describe("publish() of a stream with a key", () => {
  async function textOf(channel: string): Promise<string> {
    return (await logOf(gateway, channel))
      .filter(({ kind }) => kind === "chunk").map(({ data }) => data).join("");
  }

  it("publishes once, and does not read the source the second time", async () => {
    let calls = 0;
    const publish = (): ReturnType<RealtimeApp["publish"]> =>
      app.publish({
        channel: "key",
        topic: "t",
        data: async function* () {
          calls++;
          yield await Promise.resolve(`call ${calls}`);
        },
      }, { key: "step 1" });
    const first = await publish();
    assertEquals(await publish(), first);
    assertEquals([calls, await textOf("key")], [1, "call 1"]);

    const cancelled = signal<unknown>();
    const data = new ReadableStream({
      cancel: (reason) => cancelled.resolve(reason),
    });
    const message = { channel: "key", topic: "t", data };
    assertEquals(await app.publish(message, { key: "step 1" }), first);
    await cancelled.promise;
  });

  it("publishes a new stream after one that failed, or whose producer is gone", async () => {
    const message = (fails: boolean, text: string) => ({
      channel: "again",
      topic: "t",
      data: async function* () {
        yield await Promise.resolve(text);
        if (fails) throw new Error("No model");
      },
    });
    const options = { key: "step 1" };
    await errorOf(app.publish(message(true, "a"), options));
    const { streamId } = await app.publish(message(false, "b"), options);
    const again = await app.publish(message(false, "c"), options);
    assertEquals(again.streamId, streamId);
    assertEquals(await textOf("again"), "ab");

    // The stream of a producer that hangs ends when another producer takes over.
    await using subscription = await subscribeTo("hangs");
    const more = signal();
    const hanging = errorOf(app.publish({
      channel: "hangs",
      topic: "t",
      data: async function* () {
        yield "half";
        await more.promise;
      },
    }, options));
    const [start] = await take(subscription, 2);
    const data = async function* () {
      yield await Promise.resolve("whole");
    };
    const next = await app.publish(
      { channel: "hangs", topic: "t", data },
      options,
    );
    assertEquals((await errorOf(readAll(start.stream))).code, "producer_lost");
    assertEquals((await hanging).code, "stream_ended");
    more.resolve();
    const messages: Untyped[] = await take(subscription, 4);
    assertEquals(messages.map(({ streamId }) => streamId), [
      start.streamId,
      next.streamId,
      next.streamId,
      next.streamId,
    ]);
  });

  it("returns `stopped` again for a stream that was stopped", async () => {
    const stop = [{ channel: "stopped", topic: "t" }];
    const token = await app.token({
      channel: "stopped",
      topics: ["t"],
      stop,
    });
    await using subscription = await subscribe(token);
    const data = async function* (signal: AbortSignal) {
      yield "a";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const message = { channel: "stopped", topic: "t", data };
    const published = app.publish(message, { key: "k" });
    const [start] = await take(subscription as AnySubscription, 2);
    await subscription.stop(start);
    const first = await published;
    assertEquals(first.stopped, true);
    assertEquals(await app.publish(message, { key: "k" }), first);
  });
});

describe("keepStream()", () => {
  const stopped = new RealtimeError("stream_stopped", "Stopped");

  it("continues through transient failures until the stream has ended", async () => {
    const problems = [
      new RealtimeError("network", "Gone"),
      undefined,
      new RealtimeError("unavailable", "Restarting"),
      stopped,
    ];
    let count = 0;
    const keep = (): Promise<void> => {
      const problem = problems[count++];
      return problem ? Promise.reject(problem) : Promise.resolve();
    };
    const { signal } = new AbortController();
    assertEquals(await errorOf(keepStream(keep, signal)), stopped);
    assertEquals(count, problems.length);
  });

  it("stops if the gateway has no such route", async () => {
    const { signal } = new AbortController();
    let count = 0;
    await keepStream(() => {
      count++;
      return Promise.reject(new RealtimeError("not_found", "No such route"));
    }, signal);
    assertEquals(count, 1);
  });

  it("ends with its signal, and sends no heartbeat for a short stream", async () => {
    const controller = new AbortController();
    const kept = keepStream(() => {
      throw new Error("Too early");
    }, controller.signal);
    controller.abort();
    await kept;
    assert(controller.signal.aborted);
  });
});

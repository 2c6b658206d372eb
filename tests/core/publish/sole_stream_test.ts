import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type {
  Publication,
  PublishOptions,
  RealtimeApp,
} from "../../../core/types/realtime.ts";
import { appOf, type Signal, signal } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { endsOf, logOf } from "../../support/wire/streams.ts";

let gateway: TestGateway;
let app: RealtimeApp;

beforeAll(async () => {
  gateway = await startGateway();
  app = appOf(gateway);
});

afterAll(async () => {
  await gateway.close();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, RealtimeError)).code;
}

/** A stream whose source waits for the test. */
interface Running {
  /** Its start, once that is in the log. */
  readonly started: Promise<Publication>;
  readonly published: Promise<Publication>;
  /** The reason for which its source was told to stop. */
  readonly unwanted: Promise<unknown>;
  readonly end: () => void;
}

/** Publishes a stream that stays open until the test ends it. */
function run(
  channel: string,
  options: PublishOptions = {},
  by: RealtimeApp = app,
): Running {
  const started = signal<Publication>();
  const unwanted = signal<unknown>();
  const more = signal();
  const published = by.publish({
    channel,
    topic: "t",
    data: async function* (signal: AbortSignal) {
      signal.addEventListener("abort", () => unwanted.resolve(signal.reason));
      yield "a";
      await Promise.race([more.promise, unwanted.promise]);
      yield "b";
    },
  }, { ...options, onStart: started.resolve });
  return {
    started: started.promise,
    published,
    unwanted: unwanted.promise,
    end: more.resolve,
  };
}

/** A source that notes whether it is cancelled. */
function cancellable(): {
  readonly data: ReadableStream<string>;
  readonly cancelled: Promise<unknown>;
} {
  const cancelled: Signal<unknown> = signal();
  const data = new ReadableStream<string>({ cancel: cancelled.resolve });
  return { data, cancelled: cancelled.promise };
}

describe("The option `otherStreams` of publish()", () => {
  it("refuse: rejects with stream_open at once, and reads nothing from the source", async () => {
    const first = run("refuse");
    await first.started;
    let requests = 0;
    const counting = createRealtime({
      url: gateway.url,
      signingKey: gateway.signingKey,
      fetch(input, init) {
        requests++;
        return fetch(input, init);
      },
    });
    const { data, cancelled } = cancellable();
    const message = { channel: "refuse", topic: "t" };
    const options = {
      otherStreams: "refuse",
      onStart: () => assert(false, "It did not begin"),
    } as const;
    const error = await assertRejects(
      () => counting.publish({ ...message, data }, options),
      RealtimeError,
    );
    assertEquals([error.code, error.message], [
      "stream_open",
      'Cannot publish to "refuse": the topic "t" has an open stream',
    ]);
    assertEquals(await cancelled, error);
    let isCalled = false;
    const open = () => {
      isCalled = true;
      return data;
    };
    assertEquals(
      await codeOf(counting.publish({ ...message, data: open }, options)),
      "stream_open",
    );
    assertEquals([isCalled, requests], [false, 2]);
    first.end();
    assertEquals((await first.published).stopped, undefined);
    const again = run("refuse", { otherStreams: "refuse" }, counting);
    await again.started;
    again.end();
    await again.published;
    assertEquals(endsOf(await logOf(gateway, "refuse")).length, 2);
  });

  it("stop: the producers of the others learn it as from a reader", async () => {
    const others = [run("stop"), run("stop")];
    await Promise.all(others.map(({ started }) => started));
    const next = run("stop", { otherStreams: "replace" });
    for (const { published, unwanted } of others) {
      assertEquals((await published).stopped, true);
      assertEquals(Object(await unwanted).code, "stream_stopped");
    }
    next.end();
    assertEquals((await next.published).stopped, undefined);
  });

  it("replaces an earlier attempt with the same key, and no longer afterwards", async () => {
    for (const otherStreams of ["refuse", "replace"] as const) {
      const options = { key: "k", otherStreams };
      const first = run(otherStreams, options);
      await first.started;
      const second = run(otherStreams, options);
      assertEquals(await codeOf(first.published), "stream_ended");
      second.end();
      const publication = await second.published;
      // Another stream is open now; the repetition of the ended one neither begins nor stops anything.
      const other = run(otherStreams);
      await other.started;
      const third = run(otherStreams, options);
      assertEquals(await third.published, publication);
      assertEquals(await third.started, publication);
      other.end();
      assertEquals((await other.published).stopped, undefined);
    }
  });

  it("publishes everything once, although requests and responses get lost", async () => {
    let count = 0;
    const flaky = createRealtime({
      url: gateway.url,
      signingKey: gateway.signingKey,
      flush: { interval: "1ms", chars: 1 },
      async fetch(input, init) {
        const fails = ++count % 3;
        if (fails === 1) throw new TypeError("Lost before it arrived");
        const response = await fetch(input, init);
        if (fails !== 2) return response;
        await response.body?.cancel();
        throw new TypeError("The answer got lost");
      },
    });
    for (const otherStreams of ["refuse", "replace"] as const) {
      const channel = `flaky-${otherStreams}`;
      const data = async function* () {
        yield await Promise.resolve("abc");
      };
      await flaky.publish({ channel, topic: "t", data }, { otherStreams });
      assertEquals(
        (await logOf(gateway, channel)).map(({ kind }) => kind),
        ["datastream-start", "chunk", "datastream-end"],
      );
    }
  });

  it("is refused by the gateway with any other value", async () => {
    const otherStreams = "all" as "replace";
    const { data } = cancellable();
    const message = { channel: "bad", topic: "t", data };
    const error = await assertRejects(
      () => app.publish(message, { otherStreams }),
      RealtimeError,
    );
    assertEquals([error.code, error.message], [
      "invalid_argument",
      'Cannot publish the line: "other_streams" must be "keep", "refuse" or "replace"',
    ]);
  });
});

describe("The option `onStart` of publish()", () => {
  for (
    const options of [
      {},
      { key: "k" },
      { otherStreams: "refuse" },
      { otherStreams: "replace", key: "l" },
    ] as const
  ) {
    it(`is called once, when the start is in the log: ${JSON.stringify(options)}`, async () => {
      const channel = `start-${JSON.stringify(options)}`;
      const calls: Publication[] = [];
      const started = signal<Publication>();
      const more = signal();
      const published = app.publish({
        channel,
        topic: "t",
        data: async function* () {
          await more.promise;
          yield "a";
        },
      }, {
        ...options,
        onStart(publication) {
          calls.push(publication);
          started.resolve(publication);
        },
      });
      const { id, streamId } = await started.promise;
      const [start] = await logOf(gateway, channel);
      assertEquals([start?.id, start?.stream_id], [id, streamId]);
      more.resolve();
      assertEquals(await published, { id, streamId });
      assertEquals(calls, [{ id, streamId }]);
    });
  }

  it("may fail: the stream goes on, and the console shows the error", async () => {
    const warn = console.warn;
    const warnings: unknown[] = [];
    console.warn = (warning) => warnings.push(warning);
    const error = new Error("No database");
    try {
      for (
        const onStart of [() => {
          throw error;
        }, () => Promise.reject(error)]
      ) {
        const data = async function* () {
          yield await Promise.resolve("a");
        };
        await app.publish({ channel: "failing", topic: "t", data }, {
          onStart,
        });
      }
    } finally {
      console.warn = warn;
    }
    assertEquals(warnings, [error, error]);
    const ends = endsOf(await logOf(gateway, "failing"));
    assertEquals(ends.map((end) => Object(end)[1]), [undefined, undefined]);
  });
});

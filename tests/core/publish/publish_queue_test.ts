import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { AsyncLocalStorage } from "node:async_hooks";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import { appOf, take } from "../../support/client/client.ts";
import {
  type FakeGateway,
  type FakeRequest,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { startGateway } from "../../support/gateway/gateway.ts";

function fakeApp({ url }: FakeGateway): RealtimeApp {
  return createRealtime({ url });
}

function message(data: unknown, channel = "c") {
  return { channel, topic: "t", data };
}

/** Returns the data of the messages in a request. */
function dataOf({ body }: FakeRequest): unknown[] {
  return body.split("\n").map((line) => JSON.parse(line).data);
}

function keysOf({ body }: FakeRequest): unknown[] {
  return body.split("\n").map((line) => JSON.parse(line).key);
}

/** Answers a request with an id for each line. */
function accept(request: FakeRequest): void {
  const answers = dataOf(request).map((_, i) => ({ id: `abcdefgh-${i + 1}` }));
  answer(request, ...answers);
}

function answer({ response }: FakeRequest, ...answers: object[]): void {
  response.end(answers.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, RealtimeError)).code;
}

describe("publishes that are under way at once", () => {
  it("leave in one request, in the order of the calls, after the one before them", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const first = app.publish(message(0));
    const alone = await gateway.request();
    const others = [1, 2, 3].map((data) => app.publish(message(data)));
    assertEquals(dataOf(alone), [0]);
    accept(alone);
    await first;
    const together = await gateway.request();
    assertEquals(dataOf(together), [1, 2, 3]);
    accept(together);
    const ids = (await Promise.all(others)).map(({ id }) => id);
    assertEquals(ids, ["abcdefgh-1", "abcdefgh-2", "abcdefgh-3"]);
  });

  it("leave in one request if they are called together", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const both = Promise.all([
      app.publish(message(1)),
      app.publish(message(2)),
    ]);
    const request = await gateway.request();
    assertEquals(dataOf(request), [1, 2]);
    accept(request);
    await both;
  });

  it("leave together with those that an answer led to", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const job = async (data: string): Promise<void> => {
      await app.publish(message(data));
      await app.publish(message(`${data}, after it`));
    };
    const jobs = Promise.all([job("a"), job("b")]);
    accept(await gateway.request());
    const request = await gateway.request();
    assertEquals(dataOf(request), ["a, after it", "b, after it"]);
    accept(request);
    await jobs;
  });

  it("leave in the async context of the first of them", async () => {
    await using gateway = await startFakeGateway();
    const storage = new AsyncLocalStorage<string>();
    const contexts: unknown[] = [];
    const app = createRealtime({
      url: gateway.url,
      fetch(...request) {
        contexts.push(storage.getStore());
        return fetch(...request);
      },
    });
    const publish = (job: string): Promise<unknown> =>
      storage.run(job, () => app.publish(message(job)));
    const first = publish("a");
    const alone = await gateway.request();
    const others = [publish("b"), publish("c")];
    accept(alone);
    const refused = await gateway.request();
    refused.response.writeHead(503).end();
    accept(await gateway.request());
    await Promise.all([first, ...others]);
    assertEquals(contexts, ["a", "b", "b"]);
  });

  it("leave in requests of at most 256 messages", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const all = Promise.all(
      Array.from({ length: 600 }, (_, data) => app.publish(message(data))),
    );
    const sizes: number[] = [];
    while (sizes.length < 3) {
      const request = await gateway.request();
      sizes.push(dataOf(request).length);
      accept(request);
    }
    await all;
    assertEquals(sizes, [256, 256, 88]);
  });

  it("leave in requests of at most 1 MiB", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    // Each has 3 bytes in UTF-8.
    const data = "€".repeat(100 * 1024);
    const all = Promise.all(
      Array.from({ length: 5 }, () => app.publish(message(data))),
    );
    const sizes: number[] = [];
    while (sizes.reduce((sum, count) => sum + count, 0) < 5) {
      const request = await gateway.request();
      assert(new TextEncoder().encode(request.body).length <= 1024 * 1024);
      sizes.push(dataOf(request).length);
      accept(request);
    }
    await all;
    assertEquals(sizes, [3, 2]);
  });

  it("resolve and reject each by itself", async () => {
    await using gateway = await startGateway();
    const app = appOf(gateway);
    await app.publish(message("first", "taken"), { key: "k" });
    const [good, large, badName, badRun, repeated, last] = await Promise
      .allSettled([
        app.publish(message("good")),
        app.publish(message("x".repeat(600_000))),
        app.publish(message(1, "")),
        app.publish(message(1), { runId: "x".repeat(300) }),
        app.publish(message("again", "taken"), { key: "k" }),
        app.publish(message("last")),
      ]);
    const codes = [large, badName, badRun].map((result) =>
      result?.status === "rejected" && result.reason.code
    );
    assertEquals(codes, ["too_large", "invalid_name", "invalid_argument"]);
    assertEquals(
      [good, repeated, last].map((result) => result?.status),
      ["fulfilled", "fulfilled", "fulfilled"],
    );
    await using subscription = await subscribe(
      { app, channel: "c", topics: ["t"] },
      { from: "start" },
    );
    assertEquals((await take(subscription, 2)).map(({ data }) => data), [
      "good",
      "last",
    ]);
  });

  it("name each its own channel where the whole request fails", async () => {
    await using gateway = await startFakeGateway();
    const app = createRealtime({ url: gateway.url, retry: { attempts: 1 } });
    const both = Promise.allSettled(
      ["a", "b"].map((channel) => app.publish(message(1, channel))),
    );
    (await gateway.request()).response.destroy();
    for (const [i, result] of (await both).entries()) {
      assert(result.status === "rejected");
      const { code, message } = result.reason;
      assertEquals(code, "network");
      const start = `Cannot publish to "${
        i === 0 ? "a" : "b"
      }": the gateway at `;
      assertEquals(message.slice(0, start.length), start);
    }
  });

  it("are repeated only as far as they are not acknowledged, with the same keys, before later ones", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const all = [1, 2, 3, 4].map((data) => app.publish(message(data)));
    const request = await gateway.request();
    const error = { code: "unavailable", message: "Away" };
    answer(request, { id: "e-1" }, { error }, { error }, {
      error: { code: "conflict", message: "Taken" },
    });
    assertEquals((await all[0])?.id, "e-1");
    assertEquals(await codeOf(all[3] as Promise<unknown>), "conflict");
    const later = app.publish(message(5));
    const again = await gateway.request();
    assertEquals(dataOf(again), [2, 3, 5]);
    assertEquals(keysOf(again).slice(0, 2), keysOf(request).slice(1, 3));
    accept(again);
    await Promise.all([all[1], all[2], later]);
  });

  it("are acknowledged as far as the answer arrives", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const all = [1, 2].map((data) => app.publish(message(data)));
    const { response } = await gateway.request();
    response.write('{"id":"e-1"}\n{"id"');
    assertEquals((await all[0])?.id, "e-1");
    response.destroy();
    const again = await gateway.request();
    assertEquals(dataOf(again), [2]);
    accept(again);
    await all[1];
  });

  it("are repeated where the answer leaves them out", async () => {
    await using gateway = await startFakeGateway();
    const app = createRealtime({ url: gateway.url, retry: { attempts: 2 } });
    const published = app.publish(message(1));
    answer(await gateway.request());
    answer(await gateway.request());
    const { code, message: text } = await assertRejects(
      () => published,
      RealtimeError,
    );
    assertEquals([code, text], [
      "internal",
      'Cannot publish to "c": the gateway\'s answer leaves out a message',
    ]);
  });

  it("can be withdrawn before they leave", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const first = app.publish(message(1));
    const request = await gateway.request();
    const withdrawal = new AbortController();
    const withdrawn = app.publish(message(2), { signal: withdrawal.signal });
    const third = app.publish(message(3));
    withdrawal.abort();
    assertEquals(await codeOf(withdrawn), "aborted");
    accept(request);
    await first;
    const rest = await gateway.request();
    assertEquals(dataOf(rest), [3]);
    accept(rest);
    await third;
  });

  it("end their request when all callers have withdrawn them, and not before", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const withdrawals = [new AbortController(), new AbortController()];
    const all = withdrawals.map(({ signal }, data) =>
      app.publish(message(data), { signal })
    );
    const { response } = await gateway.request();
    const closed = new Promise((resolve) => response.on("close", resolve));
    withdrawals[0]?.abort();
    assertEquals(await codeOf(all[0] as Promise<unknown>), "aborted");
    const later = app.publish(message("later"));
    assertEquals([response.destroyed, gateway.waiting], [false, 0]);
    withdrawals[1]?.abort();
    assertEquals(await codeOf(all[1] as Promise<unknown>), "aborted");
    await closed;
    const request = await gateway.request();
    assertEquals(dataOf(request), ["later"]);
    accept(request);
    await later;
  });

  it("end the pause before a retry when the callers have withdrawn them", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const withdrawn = app.publish(message(1), { signal });
    const request = await gateway.request();
    const { random } = Math;
    // This makes the pause as long as possible.
    Math.random = () => 1;
    try {
      request.response.writeHead(503).end();
      await new Promise((resolve) => request.response.on("close", resolve));
    } finally {
      Math.random = random;
    }
    withdrawal.abort();
    assertEquals(await codeOf(withdrawn), "aborted");
    const later = app.publish(message(2));
    const next = await gateway.request();
    assertEquals(dataOf(next), [2]);
    accept(next);
    await later;
  });
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { CreateRealtimeOptions } from "../../../core/types/realtime.ts";
import { appOf, open, take, takeData } from "../../support/client/client.ts";
import {
  type FakeGateway,
  type FakeRequest,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { closedUrl } from "../../support/gateway/local_server.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";

const SIGNING_KEY = "a-signing-key-of-tests-and-nothing-else";
const MESSAGE = { channel: "c", topic: "t", data: 1 };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.close();
});

function fakeApp(
  { url }: FakeGateway,
  options: CreateRealtimeOptions = {},
): ReturnType<typeof createRealtime> {
  return createRealtime({ url, signingKey: SIGNING_KEY, ...options });
}

function answer(
  { response }: FakeRequest,
  status: number,
  body: string,
): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body);
}

/** Returns the fields of the message that a request publishes. */
function sentLine({ body }: FakeRequest): Readonly<Record<string, unknown>> {
  return JSON.parse(body);
}

async function failureOf(promise: Promise<unknown>): Promise<RealtimeError> {
  return await assertRejects(() => promise, RealtimeError);
}

describe("publish()", () => {
  const typed = channel((id: string) => `user:${id}`).addTopic(
    topic("ai").schema(z.object({ n: z.number().transform(String) })),
  );

  it("takes a message of a topic, a topic with data, or an object", async () => {
    const app = appOf(gateway);
    await using subscription = await open(gateway);
    const plain = channel("c").addTopic(topic("t").type<number>());
    await app.publish(plain().t(1));
    await app.publish(plain().t, 2);
    const { id } = await app.publish({ channel: "c", topic: "t", data: 3 });
    const messages = await take(subscription, 3);
    assertEquals(messages.map(({ data }) => data), [1, 2, 3]);
    assertEquals(messages[2].id, id);
  });

  it("checks data by the topic's schema, and sends the original data", async () => {
    const app = appOf(gateway);
    const { id } = await app.publish(typed("1").ai({ n: 1 }));
    assert(id);
    for (
      const publish of [
        () => app.publish(typed("1").ai({ n: "x" } as never)),
        () => app.publish(typed("1").ai, { n: "x" } as never),
      ]
    ) {
      const error = await failureOf(publish());
      assertEquals(error.code, "invalid_data");
      assertEquals(error.issues.map(({ path }) => path), [["n"]]);
    }
  });

  it("refuses data that JSON can't express, before sending anything", async () => {
    const circular: unknown[] = [];
    circular.push(circular);
    const app = createRealtime({
      url: "http://127.0.0.1:1",
      fetch: () => Promise.reject(new Error("The message was sent")),
    });
    for (const data of [undefined, () => {}, 1n, circular, Symbol("s")]) {
      const { code } = await failureOf(app.publish({ ...MESSAGE, data }));
      assertEquals(code, "invalid_data");
    }
  });

  it("refuses data that is too large, before sending anything", async () => {
    const app = createRealtime({
      url: "http://127.0.0.1:1",
      fetch: () => Promise.reject(new Error("The message was sent")),
    });
    const data = "€".repeat(200 * 1024);
    const error = await failureOf(app.publish({ ...MESSAGE, data }));
    assertEquals(
      [error.code, error.message],
      [
        "too_large",
        'Cannot publish to "c": the message is 601 KiB, the limit is 512 KiB',
      ],
    );
    await using subscription = await open(gateway);
    const most = "x".repeat(512 * 1024 - 2);
    await appOf(gateway).publish({ ...MESSAGE, data: most });
    assertEquals(await takeData(subscription, 1), [most]);
  });

  it("refuses invalid names of channels and topics", async () => {
    const app = appOf(gateway);
    for (const fields of [{ channel: "" }, { topic: "a\n" }]) {
      const { code } = await failureOf(app.publish({ ...MESSAGE, ...fields }));
      assertEquals(code, "invalid_name");
    }
  });

  it("publishes once for each idempotency key", async () => {
    const app = appOf(gateway);
    await using subscription = await open(gateway);
    const one = await app.publish(MESSAGE, { key: "k" });
    const two = await app.publish(MESSAGE, { key: "k" });
    const three = await app.publish({ ...MESSAGE, data: 2 });
    assertEquals(one.id, two.id);
    const messages = await take(subscription, 2);
    assertEquals(messages.map(({ id }) => id), [one.id, three.id]);
  });

  it("sends the run, the function and the kind along", async () => {
    await using subscription = await open(gateway);
    const options = { kind: "step", fnSlug: "f", metadata: { a: 1 } } as const;
    await appOf(gateway).publish(MESSAGE, options);
    const [message] = await take(subscription, 1);
    assertEquals(
      [message.kind, message.fnSlug, message.metadata],
      ["step", "f", { a: 1 }],
    );
  });

  it("is refused with another signing key", async () => {
    const app = createRealtime({ url: gateway.url, signingKey: SIGNING_KEY });
    assertEquals(
      (await failureOf(app.publish(MESSAGE))).code,
      "unauthenticated",
    );
  });
});

describe("publish() to a gateway that fails", () => {
  const refusals = [
    [400, "invalid_data"],
    [401, "unauthenticated"],
    [403, "forbidden"],
    [404, "not_found"],
    [409, "conflict"],
    [413, "too_large"],
  ] as const;

  for (const [status, code] of refusals) {
    it(`rejects with the gateway's error: ${status} ${code}`, async () => {
      await using gateway = await startFakeGateway();
      const published = fakeApp(gateway).publish(MESSAGE);
      answer(
        await gateway.request(),
        status,
        JSON.stringify({ error: { code, message: "Why" } }),
      );
      const error = await failureOf(published);
      assertEquals([error.code, error.message], [code, "Why"]);
    });
  }

  it("retries with the same idempotency key", async () => {
    await using gateway = await startFakeGateway();
    const published = fakeApp(gateway).publish(MESSAGE);
    const lines: unknown[] = [];
    for (const status of [503, 429, 500]) {
      const request = await gateway.request();
      lines.push(sentLine(request));
      answer(request, status, "{}");
    }
    const lost = await gateway.request();
    lines.push(sentLine(lost));
    lost.response.destroy();
    const request = await gateway.request();
    const { key } = sentLine(request);
    assertEquals([request.method, request.url.pathname, sentLine(request)], [
      "POST",
      "/v1/realtime/publish/batch",
      { ...MESSAGE, key },
    ]);
    answer(request, 200, '{"id":"abcdefgh-1"}');
    assertEquals((await published).id, "abcdefgh-1");
    assert(key);
    assertEquals(lines, Array(4).fill(sentLine(request)));
  });

  it("sends the time for which the gateway remembers the key", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway);
    const options = { key: "k", keyTtl: 600 };
    const source = new ReadableStream<string>();
    for (
      const publication of [
        () => app.publish(MESSAGE, options),
        () => app.publish(MESSAGE, { ...options, kind: "run" }),
        () => app.publish({ ...MESSAGE, data: source }, options),
      ]
    ) {
      const refused = failureOf(publication());
      const request = await gateway.request();
      assertEquals(sentLine(request).key_ttl, 600);
      answer(request, 200, '{"error":{"code":"forbidden","message":"No"}}');
      await refused;
    }
  });

  it("sends no time with a key that it makes itself", async () => {
    await using gateway = await startFakeGateway();
    const published = fakeApp(gateway).publish(MESSAGE, { keyTtl: 600 });
    const request = await gateway.request();
    answer(request, 200, '{"id":"abcdefgh-1"}');
    await published;
    const { key, key_ttl } = sentLine(request);
    assert(key);
    assertEquals(key_ttl, undefined);
  });

  it("refuses a wrong time for the key", async () => {
    const app = appOf(gateway);
    for (const keyTtl of [0, -1, 1.5, NaN, 86_401]) {
      for (const kind of ["data", "run"] as const) {
        const error = await failureOf(
          app.publish(MESSAGE, { key: "k", keyTtl, kind }),
        );
        assertEquals(error.code, "invalid_argument", `${keyTtl} ${kind}`);
      }
    }
  });

  it("retries a message that the gateway refuses by its line", async () => {
    await using gateway = await startFakeGateway();
    const published = fakeApp(gateway).publish(MESSAGE);
    const bodies: unknown[] = [];
    const error = { code: "unavailable", message: "Restarting" };
    for (const body of [{ error }, { id: "abcdefgh-1" }]) {
      const request = await gateway.request();
      bodies.push(request.body);
      answer(request, 200, JSON.stringify(body));
    }
    assertEquals(await published, { id: "abcdefgh-1" });
    assertEquals(bodies[0], bodies[1]);
  });

  it("rejects with internal if the response is not that of a gateway", async () => {
    for (const body of ["<html>", "null", '{"id":1}']) {
      await using gateway = await startFakeGateway();
      const published = fakeApp(gateway).publish(MESSAGE);
      answer(await gateway.request(), 200, body);
      assertEquals((await failureOf(published)).code, "internal");
    }
  });

  it("rejects after the configured number of attempts", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway, { retry: { attempts: 2 } });
    const published = app.publish(MESSAGE);
    answer(await gateway.request(), 503, "busy");
    answer(await gateway.request(), 503, "busy");
    assertEquals((await failureOf(published)).code, "unavailable");
  });

  it("stops retrying when it is aborted", async () => {
    await using gateway = await startFakeGateway();
    const controller = new AbortController();
    const { signal } = controller;
    const published = fakeApp(gateway).publish(MESSAGE, { signal });
    answer(await gateway.request(), 503, "busy");
    controller.abort();
    assertEquals((await failureOf(published)).code, "aborted");
    const again = fakeApp(gateway).publish(MESSAGE, { signal });
    assertEquals((await failureOf(again)).code, "aborted");
  });

  it("rejects with timeout if no response comes", async () => {
    await using gateway = await startFakeGateway();
    const app = fakeApp(gateway, { retry: { attempts: 1, timeout: "50ms" } });
    const { code, message } = await failureOf(app.publish(MESSAGE));
    assertEquals([code, message], [
      "timeout",
      `Cannot publish to "c": the gateway at ${gateway.url} did not answer in time`,
    ]);
  });

  it("rejects with network if the gateway can't be reached", async () => {
    const url = await closedUrl();
    const app = createRealtime({ url, retry: { attempts: 1 } });
    const { code, message } = await failureOf(app.publish(MESSAGE));
    assertEquals([code, message], [
      "network",
      `Cannot publish to "c": the gateway at ${url} can't be reached: connection refused`,
    ]);
  });

  it("names the URL at which something other than the gateway answers", async () => {
    await using gateway = await startFakeGateway();
    const publishing = fakeApp(gateway).publish(MESSAGE);
    answer(await gateway.request(), 404, "<h1>Not found</h1>");
    const { code, message } = await failureOf(publishing);
    assertEquals([code, message], [
      "not_found",
      `Cannot publish to "c": the gateway at ${gateway.url} answered 404`,
    ]);
  });

  it("sends the signing key as a hash", async () => {
    await using gateway = await startFakeGateway();
    const signingKey = `signkey-test-${"ab".repeat(32)}`;
    const published = fakeApp(gateway, { signingKey }).publish(MESSAGE);
    const request = await gateway.request();
    assert(request.headers.authorization?.startsWith("Bearer signkey-test-"));
    assert(!request.headers.authorization?.includes(signingKey));
    answer(request, 200, '{"id":"abcdefgh-1"}');
    await published;
  });
});

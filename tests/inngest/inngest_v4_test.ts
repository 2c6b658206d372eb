import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { getClientSubscriptionToken } from "inngest/react";
import { channel, getSubscriptionToken, subscribe } from "inngest/realtime";
import { z } from "zod";
import { startGateway } from "../support/gateway/gateway.ts";
import {
  createInbox,
  drain,
  type Environment,
  otherSigningKey,
  ownAsyncContext,
  RUN_ID,
  runFunction,
  take,
  uniqueName,
  withEnvironment,
  withoutErrorLog,
} from "./sdk.ts";

const userChannel = channel({
  name: (userId: string) => `user:${userId}`,
  topics: {
    ai: { schema: z.object({ response: z.string() }) },
    any: { schema: z.unknown() },
  },
});

// Inngest's `publish` leaves the response body unread, which Deno reports as a leak.
describe("inngest 4", { sanitizeResources: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let app: Inngest;
  let restore: () => void;

  beforeAll(async () => {
    restore = ownAsyncContext();
    gateway = await startGateway();
    app = await createApp({ signingKey: gateway.signingKey });
  });

  afterAll(async () => {
    await gateway.close();
    restore();
  });

  function createApp(
    options: Partial<ConstructorParameters<typeof Inngest>[0]>,
    environment: Environment = {},
  ): Promise<Inngest> {
    return withEnvironment(
      environment,
      () => new Inngest({ id: "app", baseUrl: gateway.url, ...options }),
    );
  }

  /** Subscribes to every topic, calls `act`, and returns the data of `count` messages. */
  async function receive(
    target: ReturnType<typeof userChannel>,
    count: number,
    act: () => Promise<unknown>,
  ) {
    const stream = await app.realtime.subscribe({
      channel: target,
      topics: ["ai", "any"],
    });
    try {
      await act();
      return await take(stream, count);
    } finally {
      stream.close();
      await drain(stream);
    }
  }

  it("realtime.token() gets a token that carries the base URL", async () => {
    const target = userChannel(crypto.randomUUID());
    const token = await app.realtime.token({ channel: target, topics: ["ai"] });
    assertEquals(token.channel.name, target.name);
    assertEquals(token.topics, ["ai"]);
    assertEquals(token.apiBaseUrl, gateway.url);
    assertMatch(token.key ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it("subscribe() with that token alone receives what is published, in order", async () => {
    const target = userChannel(crypto.randomUUID());
    const token = await app.realtime.token({
      channel: target,
      topics: ["any"],
    });
    const stream = await subscribe(token);
    const start = Date.now();
    for (let n = 1; n <= 20; n++) {
      await app.realtime.publish(target.any, { n });
    }
    const messages = await take(stream, 20);
    stream.close();
    await drain(stream);
    assertEquals(
      messages.map((message) => message.data),
      Array.from({ length: 20 }, (_, i) => ({ n: i + 1 })),
    );
    for (const message of messages) {
      assert(message.kind === "data");
      assertEquals(message.channel, target.name);
      assertEquals(message.topic, "any");
      assertEquals(message.runId, undefined);
      assertInstanceOf(message.createdAt, Date);
      // The limit of a minute finds a gateway that sends seconds or local time.
      assert(Math.abs(message.createdAt.getTime() - start) < 60_000);
    }
  });

  it("realtime.subscribe() gets a token itself, and validates messages", async () => {
    const target = userChannel(crypto.randomUUID());
    const messages = await receive(target, 2, async () => {
      await app.realtime.publish(target.ai, { response: "hello" });
      await app.realtime.publish(target.any, ["anything"]);
    });
    assertEquals(
      messages.map(({ topic, data }) => [topic, data]),
      [["ai", { response: "hello" }], ["any", ["anything"]]],
    );
  });

  it("every kind of payload arrives as it was published", async () => {
    const target = userChannel(crypto.randomUUID());
    const payloads = [
      "text, not JSON",
      "two\nlines and a \u2028 separator",
      0,
      false,
      [],
      {},
      { "": "empty key", "кириллица": "日本語 🎉", nested: { a: [null] } },
      "x".repeat(500 * 1024),
    ];
    const messages = await receive(target, payloads.length, async () => {
      for (const data of payloads) await app.realtime.publish(target.any, data);
    });
    assertEquals(messages.map((message) => message.data), payloads);
  });

  it("getClientSubscriptionToken() gets a token for a browser", async () => {
    const target = userChannel(crypto.randomUUID());
    const token = await getClientSubscriptionToken(app, {
      channel: target,
      topics: ["ai"],
    });
    assertEquals(Object.keys(token).sort(), ["apiBaseUrl", "key"]);
    const stream = await subscribe({
      ...token,
      channel: target,
      topics: ["ai"],
    });
    await app.realtime.publish(target.ai, { response: "hi" });
    const [message] = await take(stream, 1);
    assertEquals(message?.data, { response: "hi" });
    stream.close();
    await drain(stream);
  });

  it("onMessage and the streams receive, unsubscribe() ends them", async () => {
    const target = userChannel(crypto.randomUUID());
    const inbox = createInbox<unknown>();
    const callback = await app.realtime.subscribe({
      channel: target,
      topics: ["ai"],
      onMessage: (message) => inbox.put(message.data),
    });
    const stream = await app.realtime.subscribe({
      channel: target,
      topics: ["ai"],
    });
    const json = stream.getJsonStream();
    const encoded = stream.getEncodedStream();
    await app.realtime.publish(target.ai, { response: "hi" });

    assertEquals(await inbox.next(), { response: "hi" });
    const [message] = await take(json, 1);
    assertEquals(message?.data, { response: "hi" });
    const [bytes] = await take(encoded, 1);
    const event = new TextDecoder().decode(bytes);
    assertEquals(
      JSON.parse(event.replace(/^data: /, "")).data,
      { response: "hi" },
    );
    callback.unsubscribe();
    stream.unsubscribe();
    assertEquals(await drain(json), []);
  });

  it("a token delivers only its own channel and topics", async () => {
    const target = userChannel(crypto.randomUUID());
    const other = userChannel(crypto.randomUUID());
    const token = await app.realtime.token({ channel: target, topics: ["ai"] });
    const stream = await subscribe(token);
    await app.realtime.publish(target.any, 1);
    await app.realtime.publish(other.ai, { response: "two" });
    await app.realtime.publish(target.ai, { response: "three" });
    const [message] = await take(stream, 1);
    assertEquals(message?.data, { response: "three" });
    stream.close();
    await drain(stream);
  });

  it("publishing in a function sends the run's id along", async () => {
    const target = userChannel(crypto.randomUUID());
    const client = await createApp({
      signingKey: gateway.signingKey,
      isDev: true,
    });
    const plain = client.createFunction(
      { id: "plain", triggers: { event: "test/run" } },
      () => client.realtime.publish(target.ai, { response: "plain" }),
    );
    const step = client.createFunction(
      { id: "step", triggers: { event: "test/run" } },
      async ({ step }) => {
        await step.realtime.publish("tell", target.ai, { response: "step" });
      },
    );
    const handler = serve({ client, functions: [plain, step] });
    const messages = await receive(target, 2, async () => {
      await runFunction(handler, "app-plain");
      await runFunction(handler, "app-step");
    });
    assertEquals(
      messages.map(({ data, runId }) => [data, runId]),
      [[{ response: "plain" }, RUN_ID], [{ response: "step" }, RUN_ID]],
    );
  });

  it("messages about a run reach its subscribers", async () => {
    const stream = await app.realtime.subscribe({
      channel: RUN_ID,
      topics: ["$run"],
    });
    const data = { status: "completed", result: 42 };
    const response = await fetch(`${gateway.url}/v1/realtime/publish/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.signingKey}` },
      body: JSON.stringify({
        channel: RUN_ID,
        topic: "$run",
        kind: "run",
        run_id: RUN_ID,
        data,
      }),
    });
    assertEquals(response.status, 200, await response.text());
    const [message] = await take(stream, 1);
    assertEquals(
      [message?.kind, message?.channel, message?.runId, message?.data],
      ["run", RUN_ID, RUN_ID, data],
    );
    stream.close();
    await drain(stream);
  });

  it("the base URL and the key may come from the environment", async () => {
    const target = userChannel(crypto.randomUUID());
    const environments: Environment[] = [
      { INNGEST_BASE_URL: gateway.url },
      { INNGEST_API_BASE_URL: gateway.url },
      { INNGEST_DEV: gateway.url },
    ];
    const messages = await receive(target, environments.length, async () => {
      for (const environment of environments) {
        const client = await createApp({ baseUrl: undefined }, {
          ...environment,
          INNGEST_SIGNING_KEY: gateway.signingKey,
        });
        await client.realtime.publish(target.any, Object.keys(environment));
      }
    });
    assertEquals(
      messages.map((message) => message.data),
      environments.map((environment) => Object.keys(environment)),
    );
  });

  it("the SDK falls back to a rotated signing key, which the gateway accepts", async () => {
    const target = userChannel(crypto.randomUUID());
    const rotated = await createApp({
      signingKey: otherSigningKey(),
      signingKeyFallback: gateway.signingKey,
    });
    const [message] = await receive(
      target,
      1,
      () => rotated.realtime.publish(target.any, "hi"),
    );
    assertEquals(message?.data, "hi");
    const token = await getSubscriptionToken(rotated, {
      channel: target,
      topics: ["ai"],
    });
    assertMatch(token.key ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it("publish() and token() are refused with another signing key, or without one", async () => {
    const target = userChannel(crypto.randomUUID());
    const [message] = await receive(target, 1, async () => {
      for (const signingKey of [otherSigningKey(), undefined]) {
        const stranger = await createApp({ signingKey });
        await assertRejects(
          () => stranger.realtime.publish(target.any, 1),
          Error,
          "401",
        );
        await assertRejects(
          () => stranger.realtime.token({ channel: target, topics: ["ai"] }),
          Error,
          "401",
        );
      }
      await app.realtime.publish(target.any, 2);
    });
    assertEquals(message?.data, 2);
  });

  it("a message over the limit is refused, not truncated", async () => {
    const target = userChannel(crypto.randomUUID());
    const [message] = await receive(target, 1, async () => {
      await assertRejects(
        () => app.realtime.publish(target.any, "x".repeat(600 * 1024)),
        Error,
        "413",
      );
      await app.realtime.publish(target.any, "next");
    });
    assertEquals(message?.data, "next");
  });

  it("subscribe() rejects a token of another gateway", async () => {
    const outcome = await withoutErrorLog(() =>
      subscribe({
        channel: uniqueName("user"),
        topics: ["ai"],
        key: "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
        apiBaseUrl: gateway.url,
      }).then(() => "connected", () => "refused")
    );
    assertEquals(outcome, "refused");
  });

  it("needs no key in development mode", async () => {
    const own = await startGateway({ dev: true });
    const client = await createApp({ baseUrl: own.url, isDev: true });
    const target = userChannel("1");
    const stream = await client.realtime.subscribe({
      channel: target,
      topics: ["ai"],
    });
    await client.realtime.publish(target.ai, { response: "hi" });
    const [message] = await take(stream, 1);
    assertEquals(message?.data, { response: "hi" });

    // The SDK ends the stream when the gateway closes the connection.
    const rest = drain(stream);
    await own.close();
    assertEquals(await rest, []);
  });
});

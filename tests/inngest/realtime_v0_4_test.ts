import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  channel,
  getSubscriptionToken,
  subscribe,
  topic,
} from "@inngest/realtime";
import { realtimeMiddleware } from "@inngest/realtime/middleware";
import type { Realtime } from "@inngest/realtime";
import { Inngest } from "inngest-v3";
import { serve } from "inngest-v3/edge";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { subscribe as subscribeHere } from "../../core/subscribe/subscribe.ts";
import { takeData } from "../support/client/client.ts";
import { startGateway } from "../support/gateway/gateway.ts";
import {
  createInbox,
  drain,
  otherSigningKey,
  ownAsyncContext,
  RUN_ID,
  runFunction,
  take,
  uniqueName,
  withEnvironment,
  withoutErrorLog,
} from "./sdk.ts";

const userChannel = channel((userId: string) => `user:${userId}`)
  .addTopic(topic("ai").schema(z.object({ response: z.string() })))
  .addTopic(topic("tasks").type<{ status: string }>());

// Inngest's `publish` leaves the response body unread, which Deno reports as a leak.
describe(
  "@inngest/realtime 0.4 with inngest 3",
  { sanitizeResources: false },
  () => {
    let gateway: Awaited<ReturnType<typeof startGateway>>;
    let app: Inngest;
    let restore: () => void;
    const streams: ReadableStream<unknown>[] = [];

    beforeAll(async () => {
      restore = ownAsyncContext();
      gateway = await startGateway();
      app = await createApp(gateway.signingKey);
    });

    afterAll(async () => {
      await gateway.close();
      // This package only closes its socket when the gateway does.
      for (const stream of streams) await drain(stream);
      restore();
    });

    /** Calls `fn` with the keys in the environment: version 3 takes them only from there. */
    function createApp(
      signingKey: string,
      signingKeyFallback?: string,
    ): Promise<Inngest> {
      return withEnvironment({
        INNGEST_SIGNING_KEY: signingKey,
        ...(signingKeyFallback === undefined
          ? {}
          : { INNGEST_SIGNING_KEY_FALLBACK: signingKeyFallback }),
      }, () => new Inngest({ id: "app", baseUrl: gateway.url }));
    }

    async function open<T>(subscription: Promise<ReadableStream<T>>) {
      const stream = await subscription;
      streams.push(stream);
      return stream;
    }

    /** Makes the app of a subscription, whose connection reads `app.apiBaseUrl`. */
    async function subscribeWithToken(name: string, topics: string[]) {
      const token = await getSubscriptionToken(app, { channel: name, topics });
      return await open(subscribe({ ...token, app, channel: name }));
    }

    it("getSubscriptionToken() gets a token with the hashed signing key", async () => {
      const name = uniqueName("user");
      const token = await getSubscriptionToken(app, {
        channel: name,
        topics: ["ai", "tasks"],
      });
      assertEquals(String(token.channel), name);
      assertEquals(token.topics, ["ai", "tasks"]);
      assertMatch(token.key ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/);
    });

    it("its tokens carry no address, which the module's subscribe() takes beside them", async () => {
      const name = uniqueName("user");
      const token = await getSubscriptionToken(app, {
        channel: name,
        topics: ["ai"],
      });
      assertEquals(Object.keys(token).sort(), ["channel", "key", "topics"]);
      await using subscription = await subscribeHere({
        key: String(token.key),
        channel: name,
        topics: ["ai"],
        apiBaseUrl: gateway.url,
      });
      await app.realtime.publish({ channel: name, topic: "ai", data: "hi" });
      assertEquals(await takeData(subscription, 1), ["hi"]);
    });

    it("takes the signing key from the environment only", async () => {
      const { signingKey, url: baseUrl } = gateway;
      const options = { id: "app", baseUrl, signingKey };
      const client = await withEnvironment({}, () => new Inngest(options));
      await assertRejects(
        () =>
          getSubscriptionToken(client, { channel: "user:1", topics: ["ai"] }),
        Error,
        "401",
      );
    });

    it("subscribe() with that token receives what is published, in order", async () => {
      const name = uniqueName("user");
      const stream = await subscribeWithToken(name, ["ai"]);
      const start = Date.now();
      for (let n = 1; n <= 20; n++) {
        await app.realtime.publish({ channel: name, topic: "ai", data: { n } });
      }
      const messages = await take(stream, 20);
      assertEquals(
        messages.map((message) => message.data),
        Array.from({ length: 20 }, (_, i) => ({ n: i + 1 })),
      );
      for (const message of messages) {
        assertEquals(message.channel, name);
        assertEquals(message.topic, "ai");
        assertEquals(message.kind, "data");
        assertEquals(message.runId, undefined);
        assert(message.kind === "data");
        assertInstanceOf(message.createdAt, Date);
        // The limit of a minute finds a gateway that sends seconds or local time.
        assert(Math.abs(message.createdAt.getTime() - start) < 60_000);
      }
    });

    it("subscribe() gets a token itself, with the raw signing key, and validates messages", async () => {
      const id = crypto.randomUUID();
      const target = userChannel(id);
      const stream = await open(
        subscribe({ app, channel: target, topics: ["ai", "tasks"] }),
      );
      await app.realtime.publish(target.ai({ response: "hello" }));
      await app.realtime.publish(target.tasks({ status: "done" }));
      const messages = await take(stream, 2);
      assertEquals(
        messages.map(({ channel, topic, data }) => [channel, topic, data]),
        [
          [`user:${id}`, "ai", { response: "hello" }],
          [`user:${id}`, "tasks", { status: "done" }],
        ],
      );
    });

    it("every kind of payload arrives as it was published", async () => {
      const name = uniqueName("payloads");
      const stream = await subscribeWithToken(name, ["any"]);
      const payloads = [
        "text, not JSON",
        "two\nlines and a \u2028 separator",
        "{ not json",
        0,
        -1.5e-7,
        true,
        [],
        [1, [2, { three: 3 }]],
        {},
        { "": "empty key", "кириллица": "日本語 🎉", nested: { a: [null] } },
        "x".repeat(500 * 1024),
      ];
      for (const data of payloads) {
        await app.realtime.publish({ channel: name, topic: "any", data });
      }
      const messages = await take(stream, payloads.length);
      assertEquals(messages.map((message) => message.data), payloads);
    });

    it("a token delivers only its own channel and topics", async () => {
      const name = uniqueName("user");
      const stream = await subscribeWithToken(name, ["ai"]);
      await app.realtime.publish({ channel: name, topic: "tasks", data: 1 });
      await app.realtime.publish({ channel: `${name}0`, topic: "ai", data: 2 });
      await app.realtime.publish({ channel: name, topic: "ai", data: 3 });
      const [message] = await take(stream, 1);
      assertEquals(message?.data, 3);
    });

    it("every subscriber of a channel gets every message", async () => {
      const name = uniqueName("user");
      const subscribers = [
        await subscribeWithToken(name, ["ai"]),
        await subscribeWithToken(name, ["ai", "tasks"]),
        await subscribeWithToken(name, ["ai"]),
      ];
      for (const data of ["one", "two"]) {
        await app.realtime.publish({ channel: name, topic: "ai", data });
      }
      for (const stream of subscribers) {
        const messages = await take(stream, 2);
        assertEquals(messages.map((message) => message.data), ["one", "two"]);
      }
    });

    it("a callback, getJsonStream() and getEncodedStream() receive too", async () => {
      const id = crypto.randomUUID();
      const target = userChannel(id);
      const inbox = createInbox<string>();
      const stream = await subscribe(
        { app, channel: target, topics: ["ai"] },
        (message) => inbox.put(message.data.response),
      );
      streams.push(stream);
      const json = stream.getJsonStream();
      const encoded = stream.getEncodedStream();
      await app.realtime.publish(target.ai({ response: "hi" }));

      assertEquals(await inbox.next(), "hi");
      const [message] = await take(json, 1);
      assertEquals(message?.data, { response: "hi" });
      const [bytes] = await take(encoded, 1);
      const line = new TextDecoder().decode(bytes);
      assertEquals(JSON.parse(line).data, { response: "hi" });
    });

    it("publish() of the middleware sends the run's id along", async () => {
      const id = crypto.randomUUID();
      const target = userChannel(id);
      const stream = await open(
        subscribe({ app, channel: target, topics: ["ai"] }),
      );
      const client = await withEnvironment(
        { INNGEST_SIGNING_KEY: gateway.signingKey },
        () =>
          new Inngest({
            id: "app",
            baseUrl: gateway.url,
            isDev: true,
            middleware: [realtimeMiddleware()],
          }),
      );
      const answer = client.createFunction(
        { id: "answer" },
        { event: "test/run" },
        async (context) => {
          // The package depends on its own inngest, whose types Deno distinguishes from those of this client.
          const { publish } = context as unknown as {
            publish: Realtime.PublishFn;
          };
          await publish(target.ai({ response: "from a function" }));
        },
      );
      await runFunction(serve({ client, functions: [answer] }), "app-answer");

      const [message] = await take(stream, 1);
      assertEquals(message?.data, { response: "from a function" });
      assertEquals(message?.runId, RUN_ID);
    });

    it("the base URL may come from the environment alone", async () => {
      const name = uniqueName("user");
      const token = await getSubscriptionToken(app, {
        channel: name,
        topics: ["ai"],
      });
      const program = fileURLToPath(
        new URL("./v0_4_subscriber.ts", import.meta.url),
      );
      const child = await withEnvironment(
        { INNGEST_BASE_URL: gateway.url },
        () =>
          spawn(process.execPath, [
            ...("Deno" in globalThis ? ["run", "--allow-all"] : []),
            program,
            JSON.stringify(token),
            "1",
          ], {
            cwd: fileURLToPath(new URL("../..", import.meta.url)),
            env: { ...process.env },
            stdio: ["ignore", "pipe", "inherit"],
          }),
      );
      const exit = once(child, "close");
      const lines = createInterface({ input: child.stdout });
      const output: unknown[] = [];
      for await (const line of lines) {
        output.push(JSON.parse(line));
        if (output.length === 1) {
          await withEnvironment({
            INNGEST_BASE_URL: gateway.url,
            INNGEST_SIGNING_KEY: gateway.signingKey,
          }, async () => {
            const publisher = new Inngest({ id: "app" });
            await publisher.realtime.publish({
              channel: name,
              topic: "ai",
              data: "hello",
            });
          });
        }
      }
      assertEquals((await exit)[0], 0);
      const [opened, message] = output;
      assertEquals(opened, "open");
      assertEquals(Object(message).data, "hello");
    });

    it("the SDK falls back to a rotated signing key, which the gateway accepts", async () => {
      const rotated = await createApp(otherSigningKey(), gateway.signingKey);
      const name = uniqueName("user");
      const stream = await subscribeWithToken(name, ["ai"]);
      await rotated.realtime.publish({
        channel: name,
        topic: "ai",
        data: "hi",
      });
      const [message] = await take(stream, 1);
      assertEquals(message?.data, "hi");
      const token = await getSubscriptionToken(rotated, {
        channel: name,
        topics: ["ai"],
      });
      assertMatch(token.key ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/);
    });

    it("publish() and getSubscriptionToken() are refused with another signing key", async () => {
      const stranger = await createApp(otherSigningKey());
      const name = uniqueName("user");
      const stream = await subscribeWithToken(name, ["ai"]);
      await assertRejects(
        () =>
          stranger.realtime.publish({ channel: name, topic: "ai", data: 1 }),
        Error,
        "401",
      );
      await assertRejects(
        () => getSubscriptionToken(stranger, { channel: name, topics: ["ai"] }),
        Error,
        "401",
      );
      await app.realtime.publish({ channel: name, topic: "ai", data: 2 });
      const [message] = await take(stream, 1);
      assertEquals(message?.data, 2);
    });

    it("a message over the limit is refused, not truncated", async () => {
      const name = uniqueName("user");
      const stream = await subscribeWithToken(name, ["ai"]);
      await assertRejects(
        () =>
          app.realtime.publish({
            channel: name,
            topic: "ai",
            data: "x".repeat(600 * 1024),
          }),
        Error,
        "413",
      );
      await app.realtime.publish({ channel: name, topic: "ai", data: "next" });
      const [message] = await take(stream, 1);
      assertEquals(message?.data, "next");
    });

    it("subscribe() rejects a token of another gateway", async () => {
      const outcome = await withoutErrorLog(() =>
        subscribe({
          app,
          channel: "user:1",
          topics: ["ai"],
          // The token is well-formed, but signed with the key of another gateway.
          ...{ key: "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl" },
        }).then(() => "connected", () => "refused")
      );
      assertEquals(outcome, "refused");
    });

    it("a subscription ends when the gateway closes", async () => {
      const own = await startGateway();
      const client = await withEnvironment(
        { INNGEST_SIGNING_KEY: own.signingKey },
        () => new Inngest({ id: "app", baseUrl: own.url }),
      );
      const stream = await subscribe({
        app: client,
        channel: userChannel("1"),
        topics: ["ai"],
      });
      const rest = drain(stream);
      await own.close();
      assertEquals(await rest, []);
    });
  },
);

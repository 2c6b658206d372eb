import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Inngest } from "inngest";
import { Inngest as InngestV3 } from "inngest-v3";
import { env } from "node:process";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { topic } from "../../../core/channel/topic.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { InngestClient } from "../../../core/types/realtime.ts";
import { appOf, publishAll, takeData } from "../../support/client/client.ts";
import { startFakeGateway } from "../../support/client/fake_gateway.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { createInbox, SILENT, withEnvironment } from "../../inngest/sdk.ts";
import { withoutVariables } from "../../support/environment.ts";

const TARGET = { channel: "c", topics: ["t"] };
const numbers = channel("c")
  .addTopic(topic("t").schema(z.string().transform(Number)));

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.close();
});

withoutVariables(["REALTIME_URL", "REALTIME_SIGNING_KEY"]);

/** Creates a client of each major, as an app does: version 3 takes its key from the environment. */
function clients(
  baseUrl: string,
  signingKey: string = gateway.signingKey,
): Promise<InngestClient[]> {
  const options = { id: "app", baseUrl, isDev: false, logger: SILENT };
  return withEnvironment({ INNGEST_SIGNING_KEY: signingKey }, () => [
    new InngestV3(options),
    new Inngest({ ...options, signingKey }),
  ]);
}

describe("subscribe() with an Inngest client", () => {
  it("gets the token from the API that the client is configured for", async () => {
    for (const app of await clients(gateway.url)) {
      await using subscription = await subscribe({ app, ...TARGET });
      await publishAll(gateway, "hello");
      assertEquals(await takeData(subscription, 1), ["hello"]);
    }
  });

  it("gets the token from the gateway of the environment if that is set", async () => {
    env.REALTIME_URL = gateway.url;
    env.REALTIME_SIGNING_KEY = gateway.signingKey;
    for (const app of await clients("http://127.0.0.1:1")) {
      await using subscription = await subscribe({ app, ...TARGET });
      await publishAll(gateway, "hello");
      assertEquals(await takeData(subscription, 1), ["hello"]);
    }
  });

  it("sends the gateway of the environment the hash of the signing key", async () => {
    await using fake = await startFakeGateway();
    env.REALTIME_URL = fake.url;
    env.REALTIME_SIGNING_KEY = gateway.signingKey;
    for (const app of await clients(fake.url)) {
      const opening = subscribe({ app, ...TARGET });
      const { url, headers, body, response } = await fake.request();
      assertEquals(url.pathname, "/v1/realtime/token");
      assertMatch(
        headers.authorization ?? "",
        /^Bearer signkey-test-[0-9a-f]{64}$/,
      );
      assertEquals(headers.authorization?.includes(gateway.signingKey), false);
      assertEquals(JSON.parse(body), [{
        channel: "c",
        name: "t",
        kind: "run",
      }]);
      response.writeHead(201).end('{"jwt":"jwt"}');
      const peer = await fake.peer();
      assertEquals((await peer.accept()).data.token, "jwt");
      await (await opening).close();
    }
  });

  it("needs no key for a gateway in development mode, and one for another machine", async () => {
    await using development = await startGateway({ dev: true });
    env.REALTIME_URL = development.url;
    const apps = await clients("http://127.0.0.1:1");
    for (const app of apps) {
      await (await subscribe({ app, ...TARGET })).close();
    }
    env.REALTIME_URL = "https://realtime.example.com";
    for (const app of apps) {
      const error = await assertRejects(
        () => subscribe({ app, ...TARGET }),
        RealtimeError,
        "REALTIME_SIGNING_KEY",
      );
      assertEquals(error.code, "unauthenticated");
    }
  });

  it("uses the key of the target if it has one", async () => {
    const { key } = await appOf(gateway).token(TARGET);
    const { url: apiBaseUrl } = gateway;
    for (const app of await clients("http://127.0.0.1:1")) {
      await using subscription = await subscribe({
        app,
        ...TARGET,
        key,
        apiBaseUrl,
      });
      await publishAll(gateway, "hello");
      assertEquals(await takeData(subscription, 1), ["hello"]);
    }
  });

  it("connects to the target's apiBaseUrl", async () => {
    await using fake = await startFakeGateway();
    for (const app of await clients(gateway.url)) {
      const opening = subscribe({ app, ...TARGET, apiBaseUrl: fake.url });
      await (await fake.peer()).accept();
      await (await opening).close();
    }
  });

  it("tells a refusal by the client's API from one that can't be reached", async () => {
    const other = `signkey-test-${"0f".repeat(32)}`;
    for (
      const [code, apps] of [
        ["unauthenticated", await clients(gateway.url, other)],
        ["network", await clients("http://127.0.0.1:1")],
      ] as const
    ) {
      for (const app of apps) {
        const error = await assertRejects(
          () => subscribe({ app, ...TARGET }),
          RealtimeError,
          "Cannot get a token",
        );
        assertEquals(error.code, code);
      }
    }
  });

  it("refuses rights that the client can't grant", async () => {
    for (const app of await clients(gateway.url)) {
      for (const right of ["publish", "stop"]) {
        const error = await assertRejects(
          () => subscribe({ app, ...TARGET, [right]: ["t"] }),
          RealtimeError,
        );
        assertEquals(error.code, "invalid_argument");
        assertMatch(error.message, /createRealtime/);
      }
    }
  });
});

describe("subscribe() without a client and without a key", () => {
  it("uses the URL and the key of the environment", async () => {
    env.REALTIME_URL = gateway.url;
    env.REALTIME_SIGNING_KEY = gateway.signingKey;
    await using subscription = await subscribe(TARGET);
    await publishAll(gateway, "hello");
    assertEquals(await takeData(subscription, 1), ["hello"]);
  });

  it("asks the gateway at apiBaseUrl if there is one", async () => {
    env.REALTIME_URL = "http://127.0.0.1:1";
    env.REALTIME_SIGNING_KEY = gateway.signingKey;
    await using subscription = await subscribe({
      ...TARGET,
      apiBaseUrl: gateway.url,
    });
    await publishAll(gateway, "hello");
    assertEquals(await takeData(subscription, 1), ["hello"]);
  });

  it("is refused if the environment has no key, or the token's key is empty", async () => {
    const { url: apiBaseUrl } = gateway;
    const message = "Cannot subscribe: the token's key is missing";
    const error = await assertRejects(
      () => subscribe({ ...TARGET, apiBaseUrl }),
      RealtimeError,
      message,
    );
    assertEquals(error.code, "unauthenticated");
    env.REALTIME_SIGNING_KEY = gateway.signingKey;
    await assertRejects(
      () => subscribe({ ...TARGET, apiBaseUrl, key: "" }),
      RealtimeError,
      message,
    );
  });

  it("rejects with the gateway's refusal, or if it can't be reached", async () => {
    env.REALTIME_URL = gateway.url;
    env.REALTIME_SIGNING_KEY = "x".repeat(40);
    const refused = await assertRejects(() => subscribe(TARGET), RealtimeError);
    assertEquals(refused.code, "unauthenticated");
    env.REALTIME_URL = "http://127.0.0.1:1";
    const unreachable = await assertRejects(
      () => subscribe(TARGET),
      RealtimeError,
    );
    assertEquals(unreachable.code, "network");
    assertMatch(
      unreachable.message,
      /^Cannot get a token: the gateway at http:\/\/127.0.0.1:1 can't be reached: /,
    );
  });
});

describe("subscribe() with a single argument", () => {
  it("takes onMessage, onError and validate from it", async () => {
    const data = createInbox<unknown>();
    const errors = createInbox<RealtimeError>();
    const app = appOf(gateway);
    const target = { app, channel: numbers(), topics: ["t"] } as const;
    await using _validated = await subscribe({
      ...target,
      onMessage: (message) => data.put(message.data),
      onError: errors.put,
    });
    await publishAll(gateway, 1, "2");
    assertEquals(await data.next(), 2);
    assertEquals((await errors.next()).code, "invalid_data");

    await using _unchecked = await subscribe({
      ...target,
      validate: false,
      from: { last: 2 },
      onMessage: (message) => data.put(message.data),
    });
    assertEquals([await data.next(), await data.next()], [1, "2"]);
  });

  it("takes them from a token too, and prefers its options", async () => {
    const token = await appOf(gateway).token(TARGET);
    const seen = createInbox<string>();
    await using _subscription = await subscribe({
      ...token,
      onMessage: () => seen.put("token"),
    }, () => seen.put("callback"));
    await publishAll(gateway, "hello");
    assertEquals(await seen.next(), "callback");
  });
});

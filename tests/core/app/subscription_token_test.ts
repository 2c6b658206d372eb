import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { env } from "node:process";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Inngest as InngestV4 } from "inngest";
import { Inngest as InngestV3 } from "inngest-v3";
import { channel } from "../../../core/channel/channel.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { getSubscriptionToken } from "../../../core/app/subscription_token.ts";
import { topic } from "../../../core/channel/topic.ts";
import { SILENT } from "../../inngest/sdk.ts";
import { appOf, publishAll, takeData } from "../../support/client/client.ts";
import { startFakeGateway } from "../../support/client/fake_gateway.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { withoutVariables } from "../../support/environment.ts";

const TARGET = { channel: "c", topics: ["t"] };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.close();
});

withoutVariables(["REALTIME_URL", "REALTIME_SIGNING_KEY"]);

/** Creates a client of each major. */
function clients(baseUrl: string): [InngestV3, InngestV4] {
  const { signingKey } = gateway;
  const options = { id: "app", baseUrl, isDev: false, logger: SILENT };
  const v3 = new InngestV3(options);
  // In version 3 the handler that serves the functions sets the key.
  Reflect.get(v3, "inngestApi").setSigningKey(signingKey);
  return [v3, new InngestV4({ ...options, signingKey })];
}

/** Subscribes with a token, and checks that a message arrives. */
async function works(
  token: Awaited<ReturnType<typeof getSubscriptionToken>>,
): Promise<void> {
  await using subscription = await subscribe(token);
  await publishAll(gateway, "hello");
  assertEquals(await takeData(subscription, 1), ["hello"]);
}

describe("getSubscriptionToken()", () => {
  it("gets a token from an app, with the channel's name", async () => {
    const typed = channel("c").addTopic(topic("t").type<string>());
    const token = await getSubscriptionToken(appOf(gateway), {
      channel: typed(),
      topics: ["t"],
      expiresIn: 10,
    });
    const { key, ...rest } = token;
    assertEquals<unknown>(rest, { ...TARGET, apiBaseUrl: gateway.url });
    assertEquals(key?.split(".").length, 3);
    await works(token);
  });

  it("asks the API that an Inngest client is configured for", async () => {
    for (const client of clients(gateway.url)) {
      const token = await getSubscriptionToken(client, TARGET);
      assertEquals([token.channel, token.topics], ["c", ["t"]]);
      await works(token);
    }
  });

  it("asks the gateway of the environment if that is set", async () => {
    env.REALTIME_URL = gateway.url;
    env.REALTIME_SIGNING_KEY = gateway.signingKey;
    for (const client of clients("http://127.0.0.1:1")) {
      const token = await getSubscriptionToken(client, TARGET);
      assertEquals(token.apiBaseUrl, gateway.url);
      await works(token);
    }
  });

  it("sends the signing key of the environment as a hash, as apps do", async () => {
    await using fake = await startFakeGateway();
    env.REALTIME_URL = fake.url;
    env.REALTIME_SIGNING_KEY = `signkey-test-${"ab".repeat(32)}`;
    for (const client of clients("http://127.0.0.1:1")) {
      const token = getSubscriptionToken(client, TARGET);
      const published = createRealtime().publish({
        channel: "c",
        topic: "t",
        data: 1,
      });
      const requests = [await fake.request(), await fake.request()];
      const [one, other] = requests.map(({ headers }) => headers.authorization);
      assertMatch(String(one), /^Bearer signkey-test-/);
      assert(!String(one).includes(env.REALTIME_SIGNING_KEY));
      assertEquals(other, one);
      for (const { response } of requests) {
        response.writeHead(200).end('{"jwt":"a.b.c","id":"abcdefgh-1"}');
      }
      assertEquals((await token).key, "a.b.c");
      await published;
    }
  });

  it("needs a signing key for a gateway on another machine", async () => {
    env.REALTIME_URL = "https://realtime.example.com";
    for (const client of clients("http://127.0.0.1:1")) {
      const { code, message } = await assertRejects(
        () => getSubscriptionToken(client, TARGET),
        RealtimeError,
      );
      assertEquals(code, "unauthenticated");
      assertMatch(message, /REALTIME_SIGNING_KEY/);
    }
  });

  it("rejects with the gateway's refusal", async () => {
    env.REALTIME_URL = gateway.url;
    env.REALTIME_SIGNING_KEY = "x".repeat(40);
    for (const client of clients(gateway.url)) {
      const { code } = await assertRejects(
        () => getSubscriptionToken(client, TARGET),
        RealtimeError,
      );
      assertEquals(code, "unauthenticated");
    }
  });

  it("rejects with a known code, whatever the gateway of the environment responds", async () => {
    for (
      const [status, body, code] of [
        [400, '{"error":{"code":"later","message":"x"}}', "invalid_argument"],
        [503, "<html>", "unavailable"],
        [201, '{"jwt":1}', "internal"],
        [201, "<html>", "internal"],
      ] as const
    ) {
      await using fake = await startFakeGateway();
      env.REALTIME_URL = fake.url;
      const token = getSubscriptionToken(clients(fake.url)[1], TARGET);
      const { response } = await fake.request();
      response.writeHead(status).end(body);
      const error = await assertRejects(() => token, RealtimeError);
      assertEquals(error.code, code);
    }
  });

  it("rejects if the client's own API can't be reached", async () => {
    for (const client of clients("http://127.0.0.1:1")) {
      await assertRejects(
        () => getSubscriptionToken(client, TARGET),
        RealtimeError,
      );
    }
  });

  it("refuses options that an Inngest client does not support", async () => {
    for (const client of clients(gateway.url)) {
      await assertRejects(
        () => getSubscriptionToken(client, { ...TARGET, expiresIn: 5 }),
        RealtimeError,
        "expiresIn",
      );
    }
  });

  it("refuses invalid names of channels", async () => {
    for (const app of [appOf(gateway), ...clients(gateway.url)]) {
      const { code } = await assertRejects(
        () => getSubscriptionToken(app, { ...TARGET, channel: "" }),
        RealtimeError,
      );
      assertEquals(code, "invalid_name");
    }
  });

  it("says exactly what is missing", async () => {
    for (const app of [appOf(gateway), ...clients(gateway.url)]) {
      for (
        const [options, problem] of [
          [undefined, '"channel" is missing'],
          [{ topics: ["t"] }, '"channel" is missing'],
          [{ channel: null, topics: ["t"] }, '"channel" is missing'],
          [
            { channel: channel("c"), topics: ["t"] },
            '"channel" is a definition',
          ],
          [{ channel: "c" }, '"topics" is missing'],
          [{ channel: "c", topics: "t" }, '"topics" is missing'],
        ] as const
      ) {
        const { code } = await assertRejects(
          () => getSubscriptionToken(app, options as unknown as typeof TARGET),
          RealtimeError,
          `Cannot get a token: ${problem}`,
        );
        assertEquals(code, "invalid_argument");
      }
    }
  });

  it("says that the app is missing", async () => {
    for (const app of [undefined, null, {}, "app", { token: "jwt" }]) {
      const { code } = await assertRejects(
        () => getSubscriptionToken(app as unknown as InngestV4, TARGET),
        RealtimeError,
        "pass an app of createRealtime(), or an Inngest client",
      );
      assertEquals(code, "invalid_argument");
    }
  });
});

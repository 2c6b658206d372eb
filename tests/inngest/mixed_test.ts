import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  channel as channelV3,
  getSubscriptionToken as getTokenV3,
  topic as topicV3,
} from "@inngest/realtime";
import { Inngest } from "inngest";
import { channel as channelV4, getSubscriptionToken } from "inngest/realtime";
import { Inngest as InngestV3 } from "inngest-v3";
import { z } from "zod";
import {
  channel,
  createRealtime,
  getSubscriptionToken as getToken,
  type RealtimeError,
  subscribe,
  topic,
  typeOnlyChannel,
} from "../../mod.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import { takeData } from "../support/client/client.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import {
  createInbox,
  drain,
  ownAsyncContext,
  take,
  uniqueName,
  withEnvironment,
} from "./sdk.ts";

const schema = z.object({ count: z.string().transform(Number) });
const ours = channel((name: string) => name)
  .addTopic(topic("counted").schema(schema))
  .addTopic(topic("typed").type<{ text: string }>());
const theirs = channelV4({
  name: (name: string) => name,
  topics: { counted: { schema } },
});
const theirsV3 = channelV3((name: string) => name)
  .addTopic(topicV3("counted").schema(schema));

// Inngest's `publish` leaves the response body unread, which Deno reports as a leak.
describe("Channels, tokens and clients of Inngest's SDKs beside ours", {
  sanitizeResources: false,
}, () => {
  let gateway: TestGateway;
  let realtime: RealtimeApp;
  let app: Inngest;
  let restore: () => void;

  beforeAll(async () => {
    restore = ownAsyncContext();
    gateway = await startGateway();
    const { url, signingKey } = gateway;
    realtime = createRealtime({ url, signingKey });
    app = await withEnvironment(
      {},
      () => new Inngest({ id: "app", baseUrl: url, signingKey }),
    );
  });

  afterAll(async () => {
    await gateway.close();
    restore();
  });

  /** Publishes a message that does not match the schema of `counted`, and one that does. */
  async function publish(name: string): Promise<void> {
    for (const count of [7, "42"]) {
      await realtime.publish({
        channel: name,
        topic: "counted",
        data: { count },
      });
    }
  }

  for (const [version, made] of [["4", theirs], ["3", theirsV3]] as const) {
    it(`subscribe() validates by the schemas of a channel of version ${version}`, async () => {
      const name = uniqueName("mixed");
      const { key } = await app.realtime.token({
        channel: name,
        topics: ["counted"],
      });
      const errors = createInbox<RealtimeError>();
      await using subscription = await subscribe(
        {
          channel: made(name),
          topics: ["counted"],
          key,
          apiBaseUrl: gateway.url,
        },
        { onError: errors.put },
      );
      await publish(name);
      assertEquals(await takeData(subscription, 1), [{ count: 42 }]);
      assertEquals((await errors.next()).code, "invalid_data");
    });
  }

  it("subscribe() takes a token of version 4, with its channel", async () => {
    const name = uniqueName("mixed");
    const token = await getSubscriptionToken(app, {
      channel: theirs(name),
      topics: ["counted"],
    });
    await using subscription = await subscribe(token, { onError() {} });
    await publish(name);
    assertEquals(await takeData(subscription, 1), [{ count: 42 }]);
  });

  it("getSubscriptionToken() takes a channel of version 4", async () => {
    const target = {
      channel: theirs(uniqueName("mixed")),
      topics: ["counted"],
    } as const;
    for (const maker of [realtime, app]) {
      const token = await getToken(maker, target);
      assertEquals<string>(token.channel, target.channel.name);
      await (await subscribe(token)).close();
    }
  });

  it("subscribe() takes a token of version 4 that went through JSON, without its schemas", async () => {
    const name = uniqueName("mixed");
    const token = await app.realtime.token({
      channel: theirs(name),
      topics: ["counted"],
    });
    await using subscription = await subscribe(
      JSON.parse(JSON.stringify(token)),
    );
    await publish(name);
    assertEquals(await takeData(subscription, 2), [{ count: 7 }, {
      count: "42",
    }]);
  });

  it("subscribe() takes a token of version 3, which has no URL", async () => {
    const name = uniqueName("mixed");
    const { url, signingKey } = gateway;
    const token = await withEnvironment(
      { INNGEST_SIGNING_KEY: signingKey },
      () =>
        getTokenV3(new InngestV3({ id: "app", baseUrl: url }), {
          channel: theirsV3(name),
          topics: ["counted"],
        }),
    );
    await using subscription = await subscribe(token, { url });
    await publish(name);
    assertEquals(await takeData(subscription, 2), [{ count: 7 }, {
      count: "42",
    }]);
  });

  it("realtime.subscribe() of version 4 validates by the schemas of our channel", async () => {
    const name = uniqueName("mixed");
    const print = console.error;
    const printed = createInbox<unknown>();
    console.error = printed.put;
    try {
      const stream = await app.realtime.subscribe({
        channel: ours(name),
        topics: ["counted", "typed"],
      });
      await publish(name);
      await app.realtime.publish(ours(name).typed, { text: "hi" });
      const messages = await take(stream, 2);
      assertEquals(
        messages.map((message) => message.data),
        [{ count: 42 }, { text: "hi" }],
      );
      await printed.next();
      stream.close();
      await drain(stream);
    } finally {
      console.error = print;
    }
  });

  it("realtime.subscribe() of version 4 takes a channel of typeOnlyChannel()", async () => {
    const name = uniqueName("mixed");
    const stream = await app.realtime.subscribe({
      channel: typeOnlyChannel<typeof ours>(name),
      topics: ["counted"],
    });
    await publish(name);
    const messages = await take(stream, 2);
    assertEquals(messages.map((message) => message.data), [
      { count: 7 },
      { count: "42" },
    ]);
    stream.close();
    await drain(stream);
  });
});

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { getSubscriptionToken } from "../../../core/app/subscription_token.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { Realtime, RealtimeApp } from "../../../core/types/realtime.ts";
import { createTestRealtime } from "../../../server/testing.ts";
import { appOf, take } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { codeOf } from "../../support/client/questions.ts";

const rooms = channel((id: string) => `room:${id}`)
  .addTopic(topic("said").schema(z.object({ text: z.string().min(1) })))
  .addTopic(topic("typing").type<boolean>());

type Room = ReturnType<typeof rooms>;
type Token = Realtime.Token<Room, ["said"]>;

/** Tells whether a token still opens a connection. */
async function isGood(token: Token): Promise<boolean> {
  const answer = await fetch(
    `${token.apiBaseUrl}/v1/realtime/history?channel=${token.channel}`,
    { headers: { authorization: `Bearer ${token.key}` } },
  );
  await answer.body?.cancel();
  return answer.ok;
}

for (const transport of ["websocket", "sse"] as const) {
  describe(`subscription.send() by ${transport}`, () => {
    let gateway: TestGateway;
    let app: RealtimeApp;

    beforeAll(async () => {
      gateway = await startGateway();
      app = appOf(gateway);
    });
    afterAll(() => gateway.close());

    function tokenFor(
      id: string,
      publish?: readonly ("said" | "typing")[],
    ): Promise<Token> {
      return getSubscriptionToken(app, {
        channel: rooms(id),
        topics: ["said"],
        ...publish && { publish },
      });
    }

    it("publishes a message, and resolves with its id", async () => {
      await using room = await subscribe(await tokenFor("1", ["said"]), {
        transport,
      });
      const id = await room.send("said", { text: "Hello" });
      const [message] = await take(room, 1);
      assertEquals(
        [message.id, message.topic, message.data],
        [id, "said", { text: "Hello" }],
      );
    });

    it("publishes messages that are sent at once in one request, in their order", async () => {
      const test = createTestRealtime();
      const { gatewaysHere } = await import(
        "../../../core/http/gateway_fetch.ts"
      );
      const ask = gatewaysHere.get(test.url) as typeof fetch;
      let requests = 0;
      gatewaysHere.set(test.url, (input, init) => {
        if (init?.method === "POST") requests++;
        return ask(input, init);
      });
      await using room = await subscribe(
        await getSubscriptionToken(test.realtime, {
          channel: rooms("11"),
          topics: ["said"],
          publish: ["said"],
        }),
      );
      const texts = ["one", "two", "three"];
      const ids = await Promise.all(
        texts.map((text) => room.send("said", { text })),
      );
      const messages = await take(room, 3);
      assertEquals(
        messages.map(({ id, data }) => [id, Object(data).text]),
        texts.map((text, i) => [ids[i], text]),
      );
      assertEquals(requests, 1);
      await test.close();
    });

    it("publishes to a topic that is not subscribed to", async () => {
      await using room = await subscribe(await tokenFor("2", ["typing"]), {
        transport,
      });
      await using all = await subscribe({
        app,
        channel: rooms("2"),
        topics: ["typing"],
      });
      await room.send("typing", true);
      assertEquals((await take(all, 1))[0].data, true);
    });

    it("is refused if the token does not grant it", async () => {
      for (const publish of [undefined, ["typing"], []] as const) {
        await using room = await subscribe(await tokenFor("3", publish), {
          transport,
        });
        assertEquals(
          await codeOf(room.send("said", { text: "Hello" })),
          "forbidden",
        );
      }
    });

    it("validates data by the topic's schema if it has the typed channel", async () => {
      const token = await tokenFor("4", ["said"]);
      await using typed = await subscribe(
        { ...token, channel: rooms("4") as unknown as Token["channel"] },
        { transport, onError() {} },
      );
      const error = await assertRejects(
        () => typed.send("said", { text: "" }),
        RealtimeError,
      );
      assertEquals([error.code, error.issues[0]?.path], ["invalid_data", [
        "text",
      ]]);
      await using plain = await subscribe(token, { transport });
      assertMatch(await plain.send("said", { text: "" }), /-1$/);
    });

    it("is refused for data that JSON does not have, and for too much data", async () => {
      await using room = await subscribe(await tokenFor("5", ["typing"]), {
        transport,
      });
      assertEquals(
        await codeOf(room.send("typing", undefined as never)),
        "invalid_argument",
      );
      assertEquals(
        await codeOf(room.send("typing", "x".repeat(600_000) as never)),
        "too_large",
      );
    });

    it("rejects with aborted if the subscription is closed", async () => {
      const room = await subscribe(await tokenFor("6", ["said"]), {
        transport,
      });
      await room.close();
      assertEquals(
        await codeOf(room.send("said", { text: "Hello" })),
        "aborted",
      );
    });

    it("still works when the token of the subscription has expired", async () => {
      const token = await app.token({
        channel: rooms("7"),
        topics: ["said"],
        publish: ["said"],
        expiresIn: 1,
      });
      await using room = await subscribe(token, { transport });
      while (await isGood(token)) continue;
      assertMatch(await room.send("said", { text: "Hello" }), /-1$/);
    });

    it("retries while the gateway cannot be reached", async () => {
      await using proxy = await startProxy(gateway.url);
      const token = await tokenFor("8", ["said"]);
      await using room = await subscribe({ ...token, apiBaseUrl: proxy.url }, {
        transport,
      });
      proxy.cut();
      const sending = room.send("said", { text: "Hello" });
      proxy.lead(gateway.url);
      const id = await sending;
      const [message] = await take(room, 1);
      assertEquals(message.id, id);
    });

    it("rejects with internal if every answer is malformed", async () => {
      const test = createTestRealtime();
      const { gatewaysHere } = await import(
        "../../../core/http/gateway_fetch.ts"
      );
      const ask = gatewaysHere.get(test.url) as typeof fetch;
      const answers = ["[]", "{}", "null", '{"id":1}', "[{}]", '"x"'];
      gatewaysHere.set(
        test.url,
        async (input, init) =>
          init?.method === "POST"
            ? new Response(answers.shift())
            : await ask(input, init),
      );
      await using room = await subscribe(
        await getSubscriptionToken(test.realtime, {
          channel: rooms("10"),
          topics: ["said"],
          publish: ["said"],
        }),
      );
      const { random } = Math;
      // This makes the pauses between the attempts as short as possible.
      Math.random = () => 0;
      try {
        assertEquals(
          await codeOf(room.send("said", { text: "Hello" })),
          "internal",
        );
      } finally {
        Math.random = random;
      }
      assertEquals(answers, []);
      await test.close();
    });

    it("publishes once although the answer was lost", async () => {
      let isLost = false;
      const test = createTestRealtime();
      const { gatewaysHere } = await import(
        "../../../core/http/gateway_fetch.ts"
      );
      const ask = gatewaysHere.get(test.url) as typeof fetch;
      gatewaysHere.set(test.url, async (input, init) => {
        const answer = await ask(input, init);
        if (isLost || init?.method !== "POST") return answer;
        isLost = true;
        await answer.body?.cancel();
        throw new TypeError("The connection was lost");
      });
      await using room = await subscribe(
        await getSubscriptionToken(test.realtime, {
          channel: rooms("9"),
          topics: ["said"],
          publish: ["said"],
        }),
      );
      await room.send("said", { text: "Hello" });
      assertEquals(isLost, true);
      assertEquals(await test.messages(rooms("9")), [
        { topic: "said", data: { text: "Hello" } },
      ]);
      await test.close();
    });
  });
}

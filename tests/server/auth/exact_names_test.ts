import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { postJson, publish } from "../../support/wire/publish.ts";
import {
  address,
  connectReady,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** A name, in composed form. */
const NAME = "us\u00e9r:1";

/** Names that a careless comparison takes for {@linkcode NAME}. */
const NEAR: Readonly<Record<string, string>> = {
  "in another case": "US\u00c9R:1",
  "with a space at its end": `${NAME} `,
  "in decomposed form": NAME.normalize("NFD"),
  "that begins with it": `${NAME}0`,
  "that it begins with": NAME.slice(0, -1),
  "with a part more": `${NAME}:x`,
  "with a full-width colon": NAME.replace(":", "\uff1a"),
  "that is a wildcard": "*",
  "with a wildcard": "us\u00e9r:*",
  "that is a regular expression": ".*",
};

describe("a name in a token", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Publishes with a token; returns the status. */
  async function tryPublish(
    bearer: string,
    channel: string,
    topic: string,
  ): Promise<number> {
    const request = { channel, topic, bearer, body: "1" };
    return (await postJson(gateway, request)).status;
  }

  /** Reads the history with a token; returns the status. */
  async function tryRead(
    bearer: string,
    channel: string,
    topic: string,
  ): Promise<number> {
    const url = address(gateway, "history", { channel, topic });
    const headers = { authorization: `Bearer ${bearer}` };
    const response = await fetch(url, { headers });
    await response.body?.cancel();
    return response.status;
  }

  it("grants itself", async () => {
    const publishes = [{ channel: NAME, name: NAME }];
    const token = await tokenFor(gateway, [`${NAME}/${NAME}`], {
      publish: publishes,
    });
    assertEquals(await tryPublish(token, NAME, NAME), 200);
    assertEquals(await tryRead(token, NAME, NAME), 200);
  });

  for (const [how, near] of Object.entries(NEAR)) {
    it(`grants no name ${how}, neither as channel nor as topic, and the other way round`, async () => {
      for (const [granted, asked] of [[NAME, near], [near, NAME]] as const) {
        for (
          const [[channel, topic], [otherChannel, otherTopic]] of [
            [[granted, "t"], [asked, "t"]],
            [["c", granted], ["c", asked]],
          ] as const
        ) {
          const token = await tokenFor(gateway, [`${channel}/${topic}`], {
            publish: [{ channel, name: topic }],
          });
          assertEquals(await tryPublish(token, otherChannel, otherTopic), 403);
          assertEquals(await tryRead(token, otherChannel, otherTopic), 403);
        }
      }
    });
  }

  it("delivers nothing of a name near it", async () => {
    const token = await tokenFor(gateway, [`${NAME}/${NAME}`]);
    const { client } = await connectReady(gateway, { token });
    await using _client = client;
    for (const near of Object.values(NEAR)) {
      await publish(gateway, `${near}/${NAME}`, "wrong channel");
      await publish(gateway, `${NAME}/${near}`, "wrong topic");
    }
    await publish(gateway, `${NAME}/${NAME}`, "right");
    assertEquals((await client.next()).data, "right");
  });
});

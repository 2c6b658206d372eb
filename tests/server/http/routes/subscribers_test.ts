import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  channel,
  createRealtime,
  RealtimeError,
  subscribe,
  topic,
} from "../../../../mod.ts";
import { createTestRealtime } from "../../../../server/testing.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { connectSse } from "../../../support/wire/sse.ts";
import {
  address,
  connectReady,
  connectWire,
  tokenFor,
} from "../../../support/wire/websocket.ts";
import { until } from "../../../support/until.ts";

/** Asks for the number of subscribers. */
async function count(
  gateway: TestGateway,
  channel: string,
  topic?: string | string[],
  bearer: string = gateway.signingKey,
): Promise<{ status: number; subscribers?: number; code?: string }> {
  const url = address(gateway, "subscribers", { channel, topic });
  const headers = { authorization: `Bearer ${bearer}` };
  const response = await fetch(url, { headers });
  const { subscribers, error } = await response.json();
  return {
    status: response.status,
    ...subscribers === undefined ? {} : { subscribers },
    ...error === undefined ? {} : { code: error.code },
  };
}

describe("GET /v1/realtime/subscribers", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("counts connections by topic and by channel, on every transport", async () => {
    const a = await tokenFor(gateway, ["count/a"]);
    const both = await tokenFor(gateway, ["count/a", "count/b", "other/a"]);
    const numbers = async () =>
      await Promise.all([
        count(gateway, "count", "a"),
        count(gateway, "count", "b"),
        count(gateway, "count", "c"),
        count(gateway, "count"),
        count(gateway, "nobody"),
      ]).then((answers) => answers.map(({ subscribers }) => subscribers));
    assertEquals(await numbers(), [0, 0, 0, 0, 0]);
    const { client: one } = await connectReady(gateway, { token: a });
    assertEquals(await numbers(), [1, 0, 0, 1, 0]);
    const { client: two } = await connectReady(gateway, { token: both });
    assertEquals(await numbers(), [2, 1, 0, 2, 0]);
    const plain = await connectWire(gateway, { token: a });
    const sse = await connectSse(gateway, { token: both, v1: true });
    await sse.ready();
    await until(async () => (await numbers())[3] === 4);
    assertEquals(await numbers(), [4, 2, 0, 4, 0]);
    // The same topic twice on one connection is one subscriber.
    await two.subscribe(a, "again");
    await two.ready();
    assertEquals(await numbers(), [4, 2, 0, 4, 0]);
    await two.send({ kind: "unsub", data: [{ channel: "count", name: "b" }] });
    await until(async () => (await numbers())[1] === 1);
    assertEquals(await numbers(), [4, 1, 0, 4, 0]);
    for (const client of [one, two, plain]) await client.close();
    await sse[Symbol.asyncDispose]();
    await until(async () => (await numbers())[3] === 0);
    assertEquals(await numbers(), [0, 0, 0, 0, 0]);
  });

  it("answers only callers that may publish", async () => {
    const publishing = { use: "publish" } as const;
    const some = await tokenFor(gateway, [], {
      ...publishing,
      publish: [{ channel: "c", name: "t" }],
    });
    const all = await tokenFor(gateway, [], { ...publishing, publish: true });
    const subscribing = await tokenFor(gateway, ["c/t"]);
    assertEquals(
      await Promise.all([
        count(gateway, "c", "t", "wrong"),
        count(gateway, "c", "t", subscribing),
        count(gateway, "c", "u", some),
        count(gateway, "c", undefined, some),
        count(gateway, "c", "t", some),
        count(gateway, "c", undefined, all),
      ]),
      [
        { status: 401, code: "unauthenticated" },
        { status: 403, code: "forbidden" },
        { status: 403, code: "forbidden" },
        { status: 403, code: "forbidden" },
        { status: 200, subscribers: 0 },
        { status: 200, subscribers: 0 },
      ],
    );
  });

  it("refuses invalid names, and two topics", async () => {
    const refusals = await Promise.all([
      count(gateway, ""),
      count(gateway, "c", ""),
      count(gateway, "c", ["a", "b"]),
    ]);
    assertEquals(refusals.map(({ code }) => code), [
      "invalid_name",
      "invalid_name",
      "invalid_argument",
    ]);
  });
});

describe("realtime.subscribers()", () => {
  const user = channel((id: string) => `user:${id}`)
    .addTopic(topic("ai").type<string>())
    .addTopic(topic("channel").type<string>());

  it("returns the number of subscribers of a topic or a channel", async () => {
    await using test = createTestRealtime();
    const { realtime } = test;
    const target = user("1");
    assertEquals(await realtime.subscribers(target.ai), 0);
    const token = await realtime.token({ channel: target, topics: ["ai"] });
    const stream = await subscribe(token);
    assertEquals(await realtime.subscribers(target.ai), 1);
    assertEquals(await realtime.subscribers(target.channel), 0);
    assertEquals(await realtime.subscribers(target), 1);
    assertEquals(await realtime.subscribers("user:1"), 1);
    assertEquals(
      await realtime.subscribers({ channel: target, topic: "ai" }),
      1,
    );
    assertEquals(await realtime.subscribers(user("2")), 0);
    await stream.close();
    await until(async () => await realtime.subscribers(target) === 0);
  });

  it("rejects with the gateway's error", async () => {
    await using gateway = await startGateway();
    const realtime = createRealtime({
      url: gateway.url,
      signingKey: "another-key-of-at-least-32-characters",
    });
    const error = await assertRejects(
      () => realtime.subscribers(user("1")),
      RealtimeError,
    );
    assertEquals(error.code, "unauthenticated");
    await assertRejects(() => realtime.subscribers(""), RealtimeError);
  });
});

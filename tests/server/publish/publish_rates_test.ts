import { RealtimeError } from "../../../core/protocol/errors.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createGateway } from "../../../server/mod.ts";
import {
  PublishRates,
  RateLimited,
} from "../../../server/publish/publish_rates.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, post, postJson } from "../../support/wire/publish.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

/** Names of as many topics. */
function topicsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `t${i}`);
}

describe("a token that publishes over HTTP", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ maxPublishRate: 1 });
  });
  afterAll(() => gateway.close());

  function newToken(): Promise<string> {
    return tokenFor(gateway, ["c/t"], { publish: true });
  }

  /** Publishes as much at once as the rate allows in a hundred seconds. */
  async function exhaust(bearer: string): Promise<void> {
    const topic = topicsOf(100);
    const request = { channel: "c", topic, body: "1", bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
  }

  const one = { channel: "c", topic: "t", body: "1" };

  it("is refused with 429 and retry-after beyond its rate, which counts each topic", async () => {
    const bearer = await newToken();
    await exhaust(bearer);
    const response = await post(gateway, { ...one, bearer });
    const { error } = await response.json();
    assertEquals([response.status, error], [429, {
      code: "rate_limited",
      message:
        "Cannot publish: the token may publish 1 messages a second; try again later",
    }]);
    const seconds = Number(response.headers.get("retry-after"));
    assert(Number.isInteger(seconds) && seconds > 50 && seconds < 100);
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  });

  it("is refused so that a page can read when to try again", async () => {
    const bearer = await newToken();
    await exhaust(bearer);
    const headers = { origin: "https://app.example.com" };
    const response = await post(gateway, { ...one, bearer, headers });
    await response.body?.cancel();
    const exposed = response.headers.get("access-control-expose-headers");
    assertEquals([response.status, exposed], [429, "retry-after"]);
  });

  it("doesn't count against another token, nor against the signing key", async () => {
    await exhaust(await newToken());
    const bearer = await newToken();
    assertEquals((await postJson(gateway, { ...one, bearer })).status, 200);
    for (let i = 0; i < 5; i++) {
      assertEquals((await postJson(gateway, one)).status, 200);
    }
  });

  it("counts a topic that a request names twice once", async () => {
    const bearer = await newToken();
    const topic = Array.from({ length: 100 }, () => "t");
    const request = { ...one, topic, bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
    assertEquals((await postJson(gateway, { ...one, bearer })).status, 200);
  });

  it("shares its rate with its tickets", async () => {
    const token = await newToken();
    const { client, ready } = await connectReady(gateway, { token });
    await using _ = client;
    await exhaust(token);
    const bearer = ready.ticket;
    assertEquals((await postJson(gateway, { ...one, bearer })).status, 429);
  });

  it("has the lines of a batch refused that are over its rate, and no others", async () => {
    const bearer = await newToken();
    const lines = Array.from(
      { length: 100 },
      (_, data) => ({ channel: "batch", topic: "t", data }),
    );
    const answers = await batch(gateway, lines, bearer);
    assertEquals(answers.length, 100);
    assert(answers[0]?.id !== undefined && answers[1]?.id !== undefined);
    const refused = answers.filter(({ id }) => id === undefined);
    assert(refused.length > 50);
    for (const { error } of refused) assertEquals(error?.code, "rate_limited");
  });

  it("begins no stream beyond its rate", async () => {
    const bearer = await newToken();
    await exhaust(bearer);
    const headers = { "content-type": "text/stream" };
    const text = await postJson(gateway, { ...one, headers, bearer });
    const tee = await postJson(gateway, {
      channel: "c",
      route: "publish/tee",
      body: "1",
      bearer,
    });
    assertEquals([text.status, text.error?.code], [429, "rate_limited"]);
    assertEquals([tee.status, tee.error?.code], [429, "rate_limited"]);
  });

  it("waits with the chunks of a body until its rate allows them", async () => {
    await using slow = await startGateway({ maxPublishRate: 10 });
    // Each of these bodies is 24 chunks, of which the burst allows 20.
    const body = "x".repeat(24 * 16 * 1024);
    for (const route of ["publish", "publish/tee"] as const) {
      const bearer = await newToken();
      const isText = route === "publish";
      const answer = await postJson(slow, {
        channel: "c",
        route,
        body,
        bearer,
        ...isText && { topic: "t", headers: { "content-type": "text/stream" } },
      });
      assertEquals(answer.status, 200, route);
      if (!isText) assert(answer.ids.length >= 24);
      // The chunks were counted: nothing of the burst is left.
      const topic = topicsOf(15);
      const { status } = await postJson(slow, { ...one, topic, bearer });
      assertEquals(status, 429, route);
    }
  });

  it("has a rate that must be a positive whole number", () => {
    for (const maxPublishRate of [0, -1, 1.5, NaN]) {
      assertThrows(
        () => createGateway({ dev: true, maxPublishRate }),
        RealtimeError,
      );
    }
  });
});

describe("PublishRates", () => {
  it("allows two seconds' worth at once, and then the rate", () => {
    let now = 0;
    const rate = new PublishRates(100, () => now).of("a");
    rate.spend(200);
    assertThrows(() => rate.spend(1), RateLimited);
    now += 10;
    rate.spend(1);
    assertThrows(() => rate.spend(1), RateLimited);
    now += 60_000;
    rate.spend(200);
    const error = assertThrows(() => rate.spend(150), RateLimited);
    assertEquals(error.retryAfterSeconds, 2);
  });

  it("forgets the tokens that may publish their full burst again", () => {
    let now = 0;
    const rates = new PublishRates(100, () => now);
    // This one stays for long; it must not keep the others.
    rates.of("debt").spend(10_000);
    for (let i = 0; i < 20_000; i++) {
      now += 0.1;
      rates.of(`token ${i}`).spend(1);
    }
    assert(rates.size < 500, `${rates.size} are remembered`);
    assertThrows(() => rates.of("debt").spend(1), RateLimited);
  });
});

import { Hono } from "hono";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { channel } from "../../core/channel/channel.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { verifyToken } from "../support/wire/tokens.ts";
import { topic } from "../../core/channel/topic.ts";
import {
  type Authorize,
  type TokenRoute,
  tokenRoute,
  type TokenRouteOptions,
} from "../../middleware.ts";
import { SIGNING_KEY } from "../support/gateway/gateway.ts";

const URL = "https://app.test/realtime-token";
const grant = { channel: "user:1", topics: ["ai"] };

function createRoute(
  authorize: Authorize,
  options: Partial<TokenRouteOptions> = {},
): TokenRoute {
  return tokenRoute({
    authorize,
    url: "https://gateway.test",
    signingKey: SIGNING_KEY,
    ...options,
  });
}

function post(body?: string): Request {
  return new Request(URL, { method: "POST", body });
}

async function errorOf(response: Response): Promise<unknown[]> {
  const { error } = await response.json();
  return [response.status, error.code];
}

describe("tokenRoute()", () => {
  it("responds with a token for the granted topics", async () => {
    const response = await createRoute(() => grant)(post());
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("cache-control"), "no-store");
    const { token: { key, ...token } } = await response.json();
    assertEquals(token, { ...grant, apiBaseUrl: "https://gateway.test" });
    const claims = await verifyToken([SIGNING_KEY], key, ["subscribe"]);
    assertEquals(claims.topics, [{ channel: "user:1", name: "ai" }]);
    assertEquals(claims.use, "subscribe");
  });

  it("grants a typed channel, a lifetime and a user", async () => {
    const users = channel((id: string) => `user:${id}`)
      .addTopic(topic("ai").type<string>());
    const route = createRoute(() => ({
      channel: users("2"),
      topics: ["ai"],
      expiresIn: 600,
      subject: "2",
    }));
    const { token } = await (await route(post())).json();
    assertEquals(token.channel, "user:2");
    const { sub, exp } = await verifyToken(
      [SIGNING_KEY],
      token.key,
      ["subscribe"],
    );
    assertEquals(sub, "2");
    assertEquals(exp > Date.now() / 1000 + 590, true);
  });

  it("grants publishing to topics by name, to topics of other channels, or to all", async () => {
    const other = { channel: "other", topic: "t" };
    const granted = { channel: "other", name: "t" };
    for (
      const [publish, claim] of [
        [["reply", other], [{ channel: "user:1", name: "reply" }, granted]],
        [[], []],
        [true, true],
        [undefined, undefined],
      ] as const
    ) {
      const route = createRoute(() => ({ ...grant, publish }));
      const { token } = await (await route(post())).json();
      const claims = await verifyToken([SIGNING_KEY], token.key, ["subscribe"]);
      assertEquals(claims.publish, claim);
      assertEquals(claims.topics, [{ channel: "user:1", name: "ai" }]);
    }
    // A request can only ask for subscribing.
    const route = createRoute(() => true);
    const body = '{"channel":"logs","topics":["info"],"publish":["info"]}';
    const { token } = await (await route(post(body))).json();
    const claims = await verifyToken([SIGNING_KEY], token.key, ["subscribe"]);
    assertEquals(claims.publish, undefined);
  });

  it("passes the app the requested channel and topics, from the body or the query, and an unread request", async () => {
    const asked: unknown[] = [];
    const route = createRoute(async (request, wanted) => {
      asked.push(wanted, await request.text());
      return grant;
    });
    await route(post('{"channel":"user:3","topics":["a","b"],"more":1}'));
    await route(new Request(`${URL}?channel=user:4&topic=a&topic=b`));
    await route(post());
    assertEquals(asked, [
      { channel: "user:3", topics: ["a", "b"] },
      '{"channel":"user:3","topics":["a","b"],"more":1}',
      { channel: "user:4", topics: ["a", "b"] },
      "",
      { topics: [] },
      "",
    ]);
  });

  it("grants the requested topics if the app returns `true`", async () => {
    const route = createRoute(() => true);
    const body = '{"channel":"logs","topics":["info"]}';
    const { token } = await (await route(post(body))).json();
    assertEquals([token.channel, token.topics], ["logs", ["info"]]);
    assertEquals(await errorOf(await route(post())), [400, "invalid_argument"]);
    assertEquals(
      await errorOf(await route(post('{"channel":"logs"}'))),
      [400, "invalid_argument"],
    );
  });

  it("responds with 403 if nothing is granted", async () => {
    for (const nothing of [false, null, undefined]) {
      const response = await createRoute(() => nothing)(post());
      assertEquals(await errorOf(response), [403, "forbidden"]);
    }
  });

  it("responds with the app's own response", async () => {
    const route = createRoute(() => new Response("Sign in", { status: 401 }));
    const response = await route(post());
    assertEquals([response.status, await response.text()], [401, "Sign in"]);
  });

  it("responds with the status of the app's RealtimeError, and rethrows other errors", async () => {
    const refuse = createRoute(() => {
      throw new RealtimeError("rate_limited", "Too often");
    });
    assertEquals(await errorOf(await refuse(post())), [429, "rate_limited"]);
    const fail = createRoute(() => Promise.reject(new Error("No database")));
    await assertRejects(() => fail(post()), Error, "No database");
  });

  it("does not reveal to a browser that the app is not configured", async () => {
    const route = createRoute(() => grant, { url: "not a URL" });
    await assertRejects(() => route(post()), RealtimeError, "gateway");
  });

  for (
    const [what, body, status, code] of [
      ["is not JSON", "{", 400, "invalid_json"],
      [
        "has topics that are not a list",
        '{"topics":"a"}',
        400,
        "invalid_argument",
      ],
      ["has a topic that is not a name", '{"topics":[1]}', 400, "invalid_name"],
      [
        "has a channel that is not a name",
        '{"channel":""}',
        400,
        "invalid_name",
      ],
      ["is too large", `"${"x".repeat(70_000)}"`, 413, "too_large"],
    ] as const
  ) {
    it(`refuses a body that ${what}, before calling the app`, async () => {
      let isAsked = false;
      const route = createRoute(() => {
        isAsked = true;
        return grant;
      });
      assertEquals(await errorOf(await route(post(body))), [status, code]);
      assertEquals(isAsked, false);
    });
  }

  it("allows GET and POST only", async () => {
    for (const method of ["PUT", "DELETE", "OPTIONS", "HEAD"]) {
      const response = await createRoute(() => grant)(
        new Request(URL, { method }),
      );
      assertEquals(response.status, 405);
      assertEquals(response.headers.get("allow"), "GET, POST");
    }
  });

  it("is a route for Hono, SvelteKit and frameworks that pass a Request", async () => {
    const route = createRoute((request) =>
      request.headers.get("cookie") === "user=1" && grant
    );
    const app = new Hono().get("/token", route).post("/token", route);
    const headers = { cookie: "user=1" };
    for (const method of ["GET", "POST"]) {
      const response = await app.request("/token", { method, headers });
      assertEquals((await response.json()).token.channel, "user:1");
    }
    assertEquals((await app.request("/token")).status, 403);

    // SvelteKit's and Astro's contexts have the request as `request`.
    const request = new Request(URL, { headers });
    assertEquals((await route({ request })).status, 200);
  });

  it("throws if `authorize` is not a function", () => {
    assertThrows(
      () => tokenRoute({} as TokenRouteOptions),
      RealtimeError,
      '"authorize" is not a function',
    );
  });
});

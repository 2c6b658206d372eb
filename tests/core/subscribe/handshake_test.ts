import { assertEquals, assertInstanceOf } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Realtime } from "../../../core/types/realtime.ts";
import {
  publishAll,
  readAll,
  signal,
  takeData,
} from "../../support/client/client.ts";
import { startFakeGateway } from "../../support/client/fake_gateway.ts";
import { join, states } from "../../support/client/joining.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { type Proxy, startProxy } from "../../support/gateway/proxy.ts";
import { payloadOf, sign } from "../../support/wire/tokens.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

type Token = Realtime.Subscribe.Token;

function tokenOf({ url }: { url: string }, key: string): Token {
  return { channel: "c", topics: ["t"], key, apiBaseUrl: url };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (error) => error);
  assertInstanceOf(error, RealtimeError);
  return error.code;
}

describe("A handshake", () => {
  let gateway: TestGateway;
  let proxy: Proxy;

  beforeAll(async () => {
    gateway = await startGateway();
    proxy = await startProxy(gateway.url);
  });

  afterAll(async () => {
    await proxy.close();
    await gateway.close();
  });

  /** Mints a token that was valid until a moment ago. */
  function expired(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now - 9, exp: now - 3, sexp: now - 3 };
    return sign(gateway, { ...payloadOf(["c/t"]), ...times });
  }

  async function revoke(sub: string): Promise<void> {
    const response = await fetch(`${gateway.url}/v1/realtime/revoke`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.signingKey}` },
      body: JSON.stringify({ subject: sub }),
    });
    await response.body?.cancel();
    assertEquals(response.status, 200);
  }

  for (const transport of ["auto", "websocket"] as const) {
    it(`with an expired token leads to one with another token, by ${transport}`, async () => {
      const keys = [await expired(), await tokenFor(gateway, ["c/t"])];
      await using subscription = await subscribe(
        () => tokenOf(gateway, keys.shift() ?? ""),
        { transport },
      );
      assertEquals(keys, []);
      await publishAll(gateway, 1);
      assertEquals(await takeData(subscription, 1), [1]);
    });

    it(`with an expired token is final if there is no other, by ${transport}`, async () => {
      const opening = subscribe(tokenOf(gateway, await expired()), {
        transport,
      });
      assertEquals(await codeOf(opening), "token_expired");
    });

    it(`with a ticket that was revoked meanwhile is final, by ${transport}`, async () => {
      const sub = `alone by ${transport}`;
      const key = await tokenFor(gateway, ["c/t"], { sub });
      const { onState, reached } = states();
      const subscription = await subscribe(tokenOf(proxy, key), {
        transport,
        onState,
      });
      const done = codeOf(readAll(subscription));
      proxy.cut();
      await reached("waiting");
      await revoke(sub);
      proxy.lead(gateway.url);
      assertEquals(await done, "forbidden");
    });
  }

  it("with a revoked ticket ends only the subscription that has the ticket", async () => {
    const { onState, reached } = states();
    const keys = [
      await tokenFor(gateway, ["c/t"], { sub: "first" }),
      await tokenFor(gateway, ["c/t"], { sub: "second" }),
    ];
    const [first, second] = [
      await subscribe(tokenOf(proxy, keys[0] ?? ""), { onState }),
      await subscribe(tokenOf(proxy, keys[1] ?? "")),
    ];
    const done = codeOf(readAll(first));
    proxy.cut();
    await reached("waiting");
    await revoke("first");
    proxy.lead(gateway.url);
    assertEquals(await done, "forbidden");
    await publishAll(gateway, "still here");
    assertEquals(await takeData(second, 1), ["still here"]);
    await second.close();
  });

  it("waits for a token as long as there is none, and is not tried without", async () => {
    await using fake = await startFakeGateway();
    const asked = signal();
    const answer = signal<Token>();
    const answers = [() => tokenOf(fake, "key-1"), () => {
      asked.resolve();
      return answer.promise;
    }];
    const opening = subscribe(() => answers.shift()?.() ?? answer.promise);
    const peer = await fake.peer();
    await peer.accept();
    await using _subscription = await opening;
    peer.close(4401);
    await asked.promise;
    // The connection looks for a token at least once before there is one.
    await new Promise((resolve) => setTimeout(resolve, 600));
    assertEquals(fake.waiting, 0);
    answer.resolve(tokenOf(fake, "key-2"));
    const next = await fake.peer();
    assertEquals(next.protocols.includes("tidings.auth.key-2"), true);
    assertEquals((await next.accept()).data.token, "key-2");
  });

  it("waits for the token of a reader that remains after the one that asked for it", async () => {
    await using fake = await startFakeGateway();
    const asked = signal();
    const answer = signal<Token>();
    const answers = [() => tokenOf(fake, "key-1"), () => {
      asked.resolve();
      return answer.promise;
    }];
    const opening = subscribe(() => answers.shift()?.() ?? answer.promise);
    const peer = await fake.peer();
    await peer.accept();
    const subscription = await opening;
    const fork = subscription.getJsonStream();
    await peer.accept();
    const done = readAll(fork);
    peer.close(4401);
    await asked.promise;
    await subscription.cancel();
    answer.resolve(tokenOf(fake, "key-2"));
    assertEquals(
      (await (await fake.peer()).accept()).data.token,
      "key-2",
    );
    await subscription.close();
    assertEquals(await done, []);
  });

  it("is not tried for a subscription that has no token and no function for one", async () => {
    await using fake = await startFakeGateway();
    const token = { channel: "c", topics: ["t"], apiBaseUrl: fake.url };
    assertEquals(await codeOf(subscribe(token)), "unauthenticated");
    assertEquals(fake.waiting, 0);
  });

  it("goes without a token that is too long for the head of a request", async () => {
    const topics = Array.from({ length: 100 }, (_, i) => `c/topic-${i}`);
    const key = await tokenFor(gateway, [...topics, "c/t"]);
    assertEquals(key.length > 4000, true);
    await using subscription = await subscribe(tokenOf(gateway, key));
    await publishAll(gateway, 1);
    assertEquals(await takeData(subscription, 1), [1]);
    await using fake = await startFakeGateway();
    const opening = subscribe(tokenOf(fake, key));
    const peer = await fake.peer();
    assertEquals(peer.protocols, "tidings.v1");
    assertEquals((await peer.accept()).data.token, key);
    await (await opening).close();
  });

  it("with a text that is no token is refused like any other", async () => {
    const keys = { "ü,": "invalid_token", "a b": "unauthenticated" };
    for (const [key, code] of Object.entries(keys)) {
      for (const transport of ["auto", "websocket"] as const) {
        const opening = subscribe(tokenOf(gateway, key), { transport });
        assertEquals(await codeOf(opening), code);
      }
    }
  });

  it("that is refused for its token is not a reason to give up WebSockets", async () => {
    const error = { code: "token_expired", message: "Too late" };
    const reason = { status: 401, body: JSON.stringify({ error }) };
    await using fake = await startFakeGateway({ refusals: 1, reason });
    let count = 0;
    const opening = subscribe(() => tokenOf(fake, `key-${++count}`));
    const { promise, reject } = Promise.withResolvers<never>();
    void fake.request().then(({ url }) => reject(new Error(url.pathname)));
    const peer = await Promise.race([fake.peer(), promise]);
    assertEquals((await peer.accept()).data.token, "key-2");
    await (await opening).close();
  });

  it("that something other than the gateway refuses is followed by Server-Sent Events", async () => {
    for (
      const reason of [
        { status: 403, body: "<h1>Forbidden</h1>" },
        { status: 401, body: '{"error":"Unauthorized"}' },
        { status: 403, body: '{"error":{"code":403,"message":"Forbidden"}}' },
        { status: 403, body: '{"message":"Forbidden"}' },
        { status: 200, body: "null" },
      ]
    ) {
      await using fake = await startFakeGateway({ sockets: false, reason });
      const controller = new AbortController();
      const opening = codeOf(join(fake, { signal: controller.signal }));
      assertEquals((await fake.request()).url.pathname, "/v1/realtime/sse");
      controller.abort();
      assertEquals(await opening, "aborted");
    }
  });
});

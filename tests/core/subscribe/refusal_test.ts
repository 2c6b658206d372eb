import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
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
import {
  type FakeGateway,
  frame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { collectLog, eventsIn } from "../../support/log.ts";
import { tokenEnding } from "../../support/wire/tokens.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

type Token = Realtime.Subscribe.Token;

function tokenOf({ url }: { url: string }, key: string): Token {
  return { channel: "c", topics: ["t"], key, apiBaseUrl: url };
}

/** Makes a function that provides tokens with numbered keys, and a counter of its calls. */
function factory(gateway: FakeGateway): {
  ask: () => Promise<Token>;
  count: () => number;
} {
  let count = 0;
  return {
    ask: () => Promise.resolve(tokenOf(gateway, `key-${++count}`)),
    count: () => count,
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (error) => error);
  assertInstanceOf(error, RealtimeError);
  return error.code;
}

describe("A refusal", () => {
  it("is final if there is no function that provides another token", async () => {
    for (const code of ["token_expired", "invalid_token", "unauthenticated"]) {
      await using gateway = await startFakeGateway();
      const opening = subscribe(tokenOf(gateway, "key"));
      const peer = await gateway.peer();
      peer.refuse(await peer.next("sub"), code);
      assertEquals(await codeOf(opening), code);
      await peer.closed;
    }
  });

  it("is final if another token cannot help", async () => {
    for (const code of ["forbidden", "invalid_argument", "not_found"]) {
      await using gateway = await startFakeGateway();
      const { ask, count } = factory(gateway);
      const opening = subscribe(ask);
      const peer = await gateway.peer();
      peer.refuse(await peer.next("sub"), code);
      assertEquals(await codeOf(opening), code);
      assertEquals(count(), 1);
    }
  });

  it("leads to another attempt with another token", async () => {
    await using gateway = await startFakeGateway();
    const { ask, count } = factory(gateway);
    const opening = subscribe(ask);
    const peer = await gateway.peer();
    peer.refuse(await peer.next("sub"), "token_expired");
    assertEquals((await peer.accept()).data.token, "key-2");
    await (await opening).close();
    assertEquals(count(), 2);
  });

  for (
    const [code, tokens] of [
      ["token_expired", 4],
      ["unauthenticated", 4],
      ["invalid_token", 2],
    ] as const
  ) {
    it(`for "${code}" is final after ${tokens} tokens in a row`, async () => {
      await using gateway = await startFakeGateway();
      const { ask, count } = factory(gateway);
      const opening = subscribe(ask);
      const peer = await gateway.peer();
      const refusing = (async () => {
        for (;;) peer.refuse(await peer.next("sub"), code);
      })();
      assertEquals(await Promise.race([codeOf(opening), refusing]), code);
      assertEquals(count(), tokens);
    });
  }

  it("of a token is not final because other attempts failed before", async () => {
    await using gateway = await startFakeGateway();
    const { ask, count } = factory(gateway);
    const opening = subscribe(ask, { onError() {} });
    const peer = await gateway.peer();
    for (let failure = 0; failure < 4; failure++) {
      peer.refuse(await peer.next("sub"), "unavailable");
    }
    peer.refuse(await peer.next("sub"), "token_expired");
    assertEquals((await peer.accept()).data.token, "key-2");
    await (await opening).close();
    assertEquals(count(), 2);
  });

  it("that may pass leads to another attempt", async () => {
    await using gateway = await startFakeGateway();
    const opening = subscribe(tokenOf(gateway, "key"));
    const peer = await gateway.peer();
    peer.refuse(await peer.next("sub"), "unavailable");
    await peer.accept();
    await (await opening).close();
  });

  it("names the reason if the token has other topics", async () => {
    await using gateway = await startFakeGateway();
    const opening = subscribe(tokenOf(gateway, "key"));
    await (await gateway.peer()).accept(0, { topics: ["u"] });
    assertEquals(
      await opening.catch(({ code, message }) => [code, message]),
      [
        "forbidden",
        'Cannot subscribe: the token has no topic "t"',
      ],
    );
  });

  it("ends the iterator with its error, after the received messages", async () => {
    await using gateway = await startFakeGateway();
    const opening = subscribe(tokenOf(gateway, "key"));
    const peer = await gateway.peer();
    const sub = await peer.accept();
    const subscription = await opening;
    peer.send(frame(1, "a"), frame(2, "b"));
    peer.refuse(sub, "forbidden");
    await peer.closed;
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    assertEquals(await codeOf(readAll(subscription)), "forbidden");
  });

  it("ends the other streams of the subscription too", async () => {
    await using gateway = await startFakeGateway();
    const errors: RealtimeError[] = [];
    const opening = subscribe(tokenOf(gateway, "key"), {
      onMessage: () => {},
      onError: (error) => errors.push(error),
    });
    const peer = await gateway.peer();
    const sub = await peer.accept();
    const subscription = await opening;
    await peer.accept();
    const json = subscription.getJsonStream();
    peer.refuse(sub, "forbidden");
    assertEquals(await codeOf(readAll(subscription)), "forbidden");
    assertEquals(await codeOf(readAll(json)), "forbidden");
    await peer.closed;
    assertEquals(errors.map(({ code }) => code), ["forbidden"]);
  });

  it("by close code is final without another token", async () => {
    for (
      const [close, code] of [
        [4403, "forbidden"],
        [4401, "unauthenticated"],
      ] as const
    ) {
      await using gateway = await startFakeGateway();
      const opening = subscribe(tokenOf(gateway, "key"));
      const peer = await gateway.peer();
      await peer.accept();
      const subscription = await opening;
      peer.close(close);
      assertEquals(await codeOf(readAll(subscription)), code);
    }
  });

  it("by close code 4401 leads to another attempt with another token", async () => {
    await using gateway = await startFakeGateway();
    const { ask } = factory(gateway);
    const opening = subscribe(ask);
    const peer = await gateway.peer();
    await peer.accept();
    const subscription = await opening;
    peer.close(4401);
    const again = await (await gateway.peer()).accept();
    assertEquals(again.data.token, "key-2");
    await subscription.close();
  });
});

describe("A token factory", () => {
  it("is called once for all readers that wait", async () => {
    await using gateway = await startFakeGateway();
    const { ask, count } = factory(gateway);
    const opening = subscribe(ask, { onMessage: () => {} });
    const peer = await gateway.peer();
    await peer.accept();
    const subscription = await opening;
    await peer.accept();
    peer.close(4401);
    const next = await gateway.peer();
    const tokens = [await next.accept(), await next.accept()];
    assertEquals(tokens.map(({ data }) => data.token), ["key-2", "key-2"]);
    assertEquals(count(), 2);
    await subscription.close();
  });

  it("that rejects is final", async () => {
    const own = new RealtimeError("forbidden", "Signed out");
    const other = new Error("Signed out");
    for (
      const [thrown, code] of [
        [own, "forbidden"],
        [other, "unauthenticated"],
      ] as const
    ) {
      const error = await assertRejects(
        () => subscribe(() => Promise.reject(thrown)),
        RealtimeError,
      );
      assertEquals(error.code, code);
      assertStrictEquals(thrown === own ? error : error.cause, thrown);
    }
  });

  it("that rejects later ends the iterator with its error", async () => {
    await using gateway = await startFakeGateway();
    let mayRead = true;
    const opening = subscribe(() => {
      if (!mayRead) throw new RealtimeError("forbidden", "Signed out");
      return tokenOf(gateway, "key");
    });
    const peer = await gateway.peer();
    const sub = await peer.accept();
    const subscription = await opening;
    mayRead = false;
    peer.refuse(sub, "token_expired");
    assertEquals(await codeOf(readAll(subscription)), "forbidden");
  });

  it("that fails for lack of a network is called again", async () => {
    await using gateway = await startFakeGateway();
    const answers = [
      () => tokenOf(gateway, "key-1"),
      () => {
        throw new TypeError("fetch failed");
      },
      () => tokenOf(gateway, "key-2"),
    ];
    const opening = subscribe(() => {
      const answer = answers.shift();
      if (!answer) throw new Error("Asked too often");
      return answer();
    });
    const peer = await gateway.peer();
    const sub = await peer.accept();
    const subscription = await opening;
    peer.refuse(sub, "token_expired");
    assertEquals((await peer.accept()).data.token, "key-2");
    await subscription.close();
  });

  it("that returns no token counts as a refusal", async () => {
    for (const token of [null, {}, { channel: "c", topics: ["t"] }]) {
      assertEquals(
        await codeOf(subscribe(() => token as unknown as Token)),
        "unauthenticated",
      );
    }
  });
});

describe("subscribe() at a gateway", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  afterAll(async () => {
    await gateway.close();
  });

  for (const transport of ["websocket", "sse"] as const) {
    it(`is refused with a bad token by ${transport}`, async () => {
      const bad: Readonly<Record<string, string>> = {
        garbage: "invalid_token",
        [await tokenFor(gateway, ["c/t"], { use: "publish" })]: "invalid_token",
        [await tokenFor(gateway, ["c/other"])]: "forbidden",
        [await tokenFor({ ...gateway, signingKey: "x".repeat(40) }, ["c/t"])]:
          "invalid_token",
      };
      for (const [key, code] of Object.entries(bad)) {
        const opening = subscribe(tokenOf(gateway, key), { transport });
        assertEquals(await codeOf(opening), code);
      }
    });

    it(`asks for one new token if the signature is wrong, and says that the keys may differ, by ${transport}`, async () => {
      await using log = await collectLog("info");
      // The log of a gateway has only the first refusals of a second.
      await using gateway = await startGateway();
      let count = 0;
      const stranger = { ...gateway, signingKey: "x".repeat(40) };
      const error = await assertRejects(
        () =>
          subscribe(async () => {
            count++;
            return tokenOf(gateway, await tokenFor(stranger, ["c/t"]));
          }, { transport }),
        RealtimeError,
        "app and gateway may have different REALTIME_SIGNING_KEYs",
      );
      assertEquals([error.code, count], ["invalid_token", 2]);
      const reasons = eventsIn(log, "refused").map(({ reason }) => reason);
      assertEquals([...new Set(reasons)], [error.message]);
    });

    it(`gets another token when its session ends, and misses nothing, by ${transport}`, async () => {
      const keys = [
        await tokenEnding(gateway, ["c/t"], 200),
        await tokenFor(gateway, ["c/t"]),
      ];
      const renewed = signal();
      await using subscription = await subscribe(() => {
        if (keys.length === 1) renewed.resolve();
        return tokenOf(gateway, keys.shift() ?? "");
      }, { transport });
      await publishAll(gateway, 1);
      assertEquals(await takeData(subscription, 1), [1]);
      await renewed.promise;
      await publishAll(gateway, 2, 3);
      assertEquals(await takeData(subscription, 2), [2, 3]);
      assertEquals(keys, []);
    });

    it(`ends with its session if there is no other token, by ${transport}`, async () => {
      const key = await tokenEnding(gateway, ["c/t"], 200);
      const subscription = await subscribe(tokenOf(gateway, key), {
        transport,
      });
      assertEquals(await codeOf(readAll(subscription)), "token_expired");
    });
  }

  it("ends with an error when its token is revoked", async () => {
    const token = tokenOf(
      gateway,
      await tokenFor(gateway, ["c/t"], { sub: "u" }),
    );
    const subscription = await subscribe(token);
    const done = codeOf(readAll(subscription));
    const response = await fetch(`${gateway.url}/v1/realtime/revoke`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${gateway.signingKey}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ subject: "u" }),
    });
    await response.body?.cancel();
    assertEquals(await done, "forbidden");
  });
});

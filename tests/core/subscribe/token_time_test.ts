import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer } from "node:http";
import { env } from "node:process";
import { createChatTransport } from "../../../ai/client/chat_transport.ts";
import { getSubscriptionToken } from "../../../core/app/subscription_token.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { InngestClient, RealtimeApp } from "../../../core/types/app.ts";
import type { Realtime } from "../../../core/types/realtime.ts";
import { Inbox, startFakeGateway } from "../../support/client/fake_gateway.ts";
import { withoutVariables } from "../../support/environment.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { listen } from "../../support/gateway/local_server.ts";

withoutVariables(["REALTIME_URL", "REALTIME_SIGNING_KEY"]);

const TARGET = { channel: "c", topics: ["t"] };

/** Replaces the time limits of 30 s, until it is disposed: each ends when the test says so. */
function heldLimits(): Disposable & { readonly limits: Inbox<() => void> } {
  const limits = new Inbox<() => void>();
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => {
    if (ms !== 30_000) return timeout.call(AbortSignal, ms);
    const controller = new AbortController();
    const reason = new DOMException("Too late", "TimeoutError");
    limits.add(() => controller.abort(reason));
    return controller.signal;
  };
  return {
    limits,
    [Symbol.dispose]() {
      AbortSignal.timeout = timeout;
    },
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/** An Inngest client whose API does not answer. */
const silentClient = {
  [Symbol.toStringTag]: "Inngest.App",
  inngestApi: { getSubscriptionToken: never },
} as unknown as InngestClient;

/** The ways to subscribe without ever getting a token. */
const WAYS: Record<
  string,
  (url: string, signal?: AbortSignal) => Promise<unknown>
> = {
  "a function": (_, signal) =>
    subscribe(() => never<Realtime.Subscribe.Token>(), { signal }),
  "a route that is silent": (url, signal) =>
    subscribe(() => fetch(url), { signal }),
  "a route whose answer has no end": (url, signal) =>
    subscribe(() => fetch(`${url}/begin`), { signal }),
  "a silent gateway": (url, signal) => {
    env.REALTIME_URL = url;
    env.REALTIME_SIGNING_KEY = SIGNING_KEY;
    return subscribe(TARGET, { signal });
  },
  "an app": (_, signal) => {
    const app = { token: never } as unknown as RealtimeApp;
    return subscribe({ ...TARGET, app }, { signal });
  },
  "an Inngest client": (_, signal) => {
    delete env.REALTIME_URL;
    return subscribe({ ...TARGET, app: silentClient }, { signal });
  },
  "a chat": (_, abortSignal) =>
    createChatTransport({ token: () => never<Realtime.Subscribe.Token>() })
      .reconnectToStream({ chatId: "1", abortSignal }),
};

/** Starts a server that answers nothing, or only the beginning. */
function startSilentServer(): ReturnType<typeof listen> {
  return listen(createServer((request, response) => {
    if (request.url === "/begin") response.write('{"token":');
  }));
}

describe("A token that does not come", () => {
  it("lets an abort end everything at once", async () => {
    await using server = await startSilentServer();
    for (const [way, open] of Object.entries(WAYS)) {
      const closing = new AbortController();
      const opening = open(server.url, closing.signal);
      const reason = new Error(`Away from ${way}`);
      queueMicrotask(() => closing.abort(reason));
      const error = await opening.catch((error) => error);
      assertStrictEquals(error, reason);
    }
  });

  it("is a timeout after 30 s", async () => {
    await using server = await startSilentServer();
    for (const [way, open] of Object.entries(WAYS)) {
      using held = heldLimits();
      const opening = open(server.url);
      (await held.limits.next())();
      const error = await opening.catch((error) => error);
      assertInstanceOf(error, RealtimeError);
      assertEquals([way, error.code, error.message], [
        way,
        "timeout",
        "Cannot get a token: it takes too long",
      ]);
    }
  });

  it("is a timeout of getSubscriptionToken(), too", async () => {
    using held = heldLimits();
    const asked = getSubscriptionToken(silentClient, TARGET);
    (await held.limits.next())();
    const { code } = await assertRejects(() => asked, RealtimeError);
    assertEquals(code, "timeout");
  });

  it("is asked for again when a subscription reconnects", async () => {
    await using gateway = await startFakeGateway();
    using held = heldLimits();
    const failures = new Inbox<unknown>();
    const asked = new Inbox<(token: Realtime.Subscribe.Token) => void>();
    const opening = subscribe(
      () =>
        new Promise<Realtime.Subscribe.Token>((resolve) => asked.add(resolve)),
      { onState: (_, { error }) => error && failures.add(error), onError() {} },
    );
    const token = { ...TARGET, apiBaseUrl: gateway.url };
    (await asked.next())({ ...token, key: "first" });
    await held.limits.next();
    const peer = await gateway.peer();
    peer.refuse(await peer.next("sub"), "token_expired");
    // Nobody answers this time.
    await asked.next();
    (await held.limits.next())();
    assertEquals(Object(await failures.next()).code, "timeout");
    (await asked.next())({ ...token, key: "second" });
    assertEquals((await peer.accept()).data.token, "second");
    await (await opening).close();
  });
});

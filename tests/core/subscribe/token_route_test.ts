import { assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Realtime } from "../../../core/types/realtime.ts";
import { tokenRoute } from "../../../middleware/token_route.ts";
import { appOf, publishAll, takeData } from "../../support/client/client.ts";
import { startFakeGateway } from "../../support/client/fake_gateway.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";

type Token = Realtime.Subscribe.Token;

/** An app's route on a real socket. */
interface App extends AsyncDisposable {
  readonly url: string;
}

/** Starts an app that answers every request by a route. */
async function startApp(
  route: (request: Request) => Response | Promise<Response>,
): Promise<App> {
  const server = createServer(async ({ url = "/", method = "GET" }, answer) => {
    const request = new Request(new URL(url, "http://app.test"), { method });
    const { status, headers, body } = await Promise.resolve(route(request))
      .then(async (response) => ({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      }));
    answer.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/realtime-token`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe("subscribe() with a route for tokens", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  afterAll(async () => {
    await gateway.close();
  });

  /** Checks that a subscription gets a message. */
  async function works(
    opening: ReturnType<typeof subscribe<Token>>,
  ): Promise<void> {
    await using subscription = await opening;
    await publishAll(gateway, "hello");
    assertEquals(await takeData(subscription, 1), ["hello"]);
  }

  it("needs no more than fetch(), for the answer of tokenRoute() and for a bare token", async () => {
    const target = { channel: "c", topics: ["t"] };
    const realtime = appOf(gateway);
    for (
      const route of [
        tokenRoute({ realtime, authorize: () => target }),
        async () => Response.json(await realtime.token(target)),
      ]
    ) {
      await using app = await startApp(route);
      await works(subscribe<Token>(() => fetch(app.url)));
      await works(subscribe<Token>(() => fetch(app.url, { method: "POST" })));
      await works(subscribe<Token>(await fetch(app.url)));
      await works(subscribe<Token>(async () => (await fetch(app.url)).json()));
      await works(subscribe<Token>(await (await fetch(app.url)).json()));
    }
  });

  it("rejects with the reason of a refusal", async () => {
    const realtime = appOf(gateway);
    for (
      const [route, code, message] of [
        [
          tokenRoute({ realtime, authorize: () => null }),
          "forbidden",
          "Cannot mint a token: it is not granted",
        ],
        [
          tokenRoute({
            realtime,
            authorize: () => new Response("Sign in first", { status: 401 }),
          }),
          "unauthenticated",
          "Cannot get a token: Sign in first",
        ],
        [
          () => new Response(null, { status: 503 }),
          "unavailable",
          "Cannot get a token: the response has status 503",
        ],
      ] as const
    ) {
      await using app = await startApp(route);
      const error = await assertRejects(
        () => subscribe(() => fetch(app.url)),
        RealtimeError,
      );
      assertEquals([error.code, error.message], [code, message]);
    }
  });

  it("asks again after a failure that may pass", async () => {
    await using peers = await startFakeGateway();
    const { url: apiBaseUrl } = peers;
    const token = { channel: "c", topics: ["t"], apiBaseUrl };
    const answers = [
      Response.json({ token: { ...token, key: "key-1" } }),
      new Response(null, { status: 503 }),
      new Response("Slow down", { status: 429 }),
      Response.json({ token: { ...token, key: "key-2" } }),
    ];
    await using app = await startApp(() =>
      answers.shift() ?? new Response(null, { status: 404 })
    );
    const opening = subscribe(() => fetch(app.url));
    const peer = await peers.peer();
    peer.refuse(await peer.next("sub"), "token_expired");
    assertEquals((await peer.accept()).data.token, "key-2");
    await (await opening).close();
  });

  it("says that the token is for another gateway, by either transport", async () => {
    const stranger = appOf({ ...gateway, signingKey: "x".repeat(40) });
    const token = await stranger.token({ channel: "c", topics: ["t"] });
    for (const transport of ["websocket", "sse"] as const) {
      const { code, message } = await assertRejects(
        () => subscribe(token, { transport }),
        RealtimeError,
      );
      assertEquals([code, message], [
        "invalid_token",
        "Cannot use the token: its signature is wrong; app and gateway may have different REALTIME_SIGNING_KEYs",
      ]);
    }
  });

  it("says that the gateway's URL is wrong or missing", async () => {
    const token = { channel: "c", topics: ["t"], key: "key" };
    for (
      const [apiBaseUrl, message] of [
        [
          undefined,
          "Cannot subscribe: a URL in the token or the options is missing; getSubscriptionToken() makes complete tokens",
        ],
        [
          "localhost:8787",
          'Cannot subscribe: "localhost:8787" is not an http or https URL',
        ],
        [
          "ws://localhost",
          'Cannot subscribe: "ws://localhost" is not an http or https URL',
        ],
        [
          "/realtime",
          'Cannot subscribe: "/realtime" is not an http or https URL',
        ],
      ] as const
    ) {
      const error = await assertRejects(
        () => subscribe({ ...token, apiBaseUrl }),
        RealtimeError,
      );
      assertEquals([error.code, error.message], ["invalid_argument", message]);
    }
  });
});

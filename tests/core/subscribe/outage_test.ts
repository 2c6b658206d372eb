import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { createGateway, serve } from "../../../server/mod.ts";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Realtime, Untyped } from "../../../core/types/realtime.ts";
import {
  type AnySubscription,
  open,
  publishAll,
  takeData,
} from "../../support/client/client.ts";
import { Inbox, startFakeGateway } from "../../support/client/fake_gateway.ts";
import { join, joined } from "../../support/client/joining.ts";
import { SIGNING_KEY, startGateway } from "../../support/gateway/gateway.ts";
import { closedUrl, listen } from "../../support/gateway/local_server.ts";
import { startPlainProxy } from "../../support/gateway/plain_proxy.ts";

type Options = Realtime.Subscribe.Options<Untyped>;
type Details = Realtime.Subscribe.StateDetails;

const FAST = { reconnectMin: "5ms", reconnectMax: "10ms" } as const;

/** A subscription that can't be opened yet, and what it tells. */
interface Watched extends AsyncDisposable {
  readonly opening: Promise<AnySubscription>;
  readonly errors: RealtimeError[];
  /** Returns the details of the next change to a state. */
  next(state: string): Promise<Details>;
}

/** Subscribes to topic `t` of channel `c` at a URL, whatever is there. */
function watch(url: string, options: Options = {}): Watched {
  const controller = new AbortController();
  const errors: RealtimeError[] = [];
  const states = new Inbox<readonly [string, Details]>();
  const opening = open({ url, signingKey: SIGNING_KEY }, {
    ...FAST,
    ...options,
    signal: controller.signal,
    onError: (error) => errors.push(error),
    // The log of a gateway that is started again is empty.
    onGap() {},
    onState: (state, details) => states.add([state, details]),
  });
  // A test that ends before the gateway is there gets "aborted" here.
  opening.catch(() => {});
  return {
    opening,
    errors,
    async next(wanted) {
      for (;;) {
        const [state, details] = await states.next();
        if (state === wanted) return details;
      }
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await opening.then((subscription) => subscription.close(), () => {});
    },
  };
}

/** Returns the sentence of the outage after three failed attempts, which is the only one. */
async function sentenceOf(url: string, options?: Options): Promise<string> {
  await using watched = watch(url, options);
  for (let attempt = 1; attempt <= 3; attempt++) await watched.next("waiting");
  const [error, ...more] = watched.errors;
  assertEquals([error?.code, more.length], ["unreachable", 0]);
  return error?.message ?? "";
}

describe("A subscription that can't reach its gateway", () => {
  for (const transport of ["auto", "websocket", "sse"] as const) {
    it(`says once for each outage that nothing answers, and opens when the gateway is there, by ${transport}`, async () => {
      const url = await closedUrl();
      await using watched = watch(url, { transport });
      const { errors } = watched;
      for (let attempt = 1; attempt <= 3; attempt++) {
        assertEquals((await watched.next("connecting")).attempt, attempt);
        const { error, retryInMs, ...details } = await watched.next("waiting");
        assertEquals(details.attempt, attempt);
        assertEquals(error?.code, "unreachable");
        assert(retryInMs !== undefined && retryInMs >= 5 && retryInMs <= 10);
      }
      const sentence =
        `Cannot reach the gateway at ${url}: connection refused; trying again`;
      assertEquals(errors.map(({ message }) => message), [sentence]);

      const port = Number(new URL(url).port);
      for (let outage = 1; outage <= 2; outage++) {
        const gateway = createGateway({ signingKey: SIGNING_KEY });
        const server = await serve(gateway, { port });
        assertEquals(await watched.next("open"), {});
        assertEquals(errors.length, outage);
        await gateway.drain({ spread: "0ms" });
        await server.close();
        await gateway.close();
        const lost = await watched.next("waiting");
        assertEquals([lost.attempt, lost.error?.code], [0, "unreachable"]);
        for (let attempt = 1; attempt <= 3; attempt++) {
          await watched.next("waiting");
        }
        assertEquals(errors.length, outage + 1);
      }
    });
  }

  it("says that what answers is no gateway", async () => {
    await using server = await listen(createServer((_, response) => {
      response.writeHead(404, { "content-type": "text/html" });
      response.end("<h1>Not found</h1>");
    }));
    const { url } = server;
    assertEquals(
      await sentenceOf(url),
      `Cannot reach the gateway at ${url}: something answers there (HTTP 404) that is no gateway; check the URL; trying again`,
    );
  });

  it("says that the gateway drains, and how long", async () => {
    await using gateway = await startGateway();
    await gateway.gateway.drain({ deadline: "9s" });
    const { url } = gateway;
    for (const transport of ["websocket", "sse"] as const) {
      assertEquals(
        await sentenceOf(url, { transport }),
        `Cannot reach the gateway at ${url}: it drains before a restart, for at most 9 s; trying again`,
      );
    }
  });

  for (
    const [status, selected, reason] of [
      [
        '{"name":"tidings","protocol":"tidings.v2","status":"ok"}',
        "tidings.v2",
        'it speaks the protocol "tidings.v2", this client "tidings.v1"; update the older one',
      ],
      [
        "hello",
        false,
        "something answers there (HTTP 200) that is no gateway; check the URL",
      ],
      [
        '{"name":"tidings","protocol":"tidings.v1","status":"ok"}',
        false,
        'it answers plain requests, but no WebSocket gets through; a proxy may drop the headers of its handshake, and the transport "sse" may work',
      ],
    ] as const
  ) {
    it(`finds out why the handshake selects the protocol "${selected}" at a server that says ${status}`, async () => {
      const server = createServer((_, response) => response.end(status));
      const handleProtocols = () => selected;
      const sockets = new WebSocketServer({ server, handleProtocols });
      await using listening = await listen(server);
      const { url } = listening;
      assertEquals(
        await sentenceOf(url, { transport: "websocket" }),
        `Cannot reach the gateway at ${url}: ${reason}; trying again`,
      );
      for (const client of sockets.clients) client.terminate();
    });
  }

  it("says that no WebSocket gets through a proxy, and goes on by Server-Sent Events", async () => {
    await using gateway = await startGateway();
    await using proxy = await startPlainProxy(gateway.url);
    await using watched = watch(proxy.url);
    const subscription = await watched.opening;
    assertEquals(
      watched.errors.map(({ message }) => message),
      [
        `Cannot reach the gateway at ${proxy.url}: it answers plain requests, but no WebSocket gets through; a proxy may drop the headers of its handshake; Server-Sent Events are next; trying again`,
      ],
    );
    await publishAll(gateway, 1);
    assertEquals(await takeData(subscription, 1), [1]);
  });

  it("says that another transport may get through a proxy", async () => {
    await using gateway = await startGateway();
    await using proxy = await startPlainProxy(gateway.url);
    const { url } = proxy;
    assertEquals(
      await sentenceOf(url, { transport: "websocket" }),
      `Cannot reach the gateway at ${url}: it answers plain requests, but no WebSocket gets through; a proxy may drop the headers of its handshake, and the transport "sse" may work; trying again`,
    );
  });

  it("quotes only the beginning of what a server answers", async () => {
    const error = { code: "unavailable", message: "No".repeat(10_000) };
    await using server = await listen(createServer((_, response) => {
      response.writeHead(503).end(JSON.stringify({ error }));
    }));
    const { length } = await sentenceOf(server.url);
    assert(length < 500, `The sentence has ${length} characters`);
  });

  it("says where a gateway redirects to", async () => {
    await using gateway = await startGateway();
    await using server = await listen(createServer((request, response) => {
      response.writeHead(308, { location: `${gateway.url}${request.url}` });
      response.end();
    }));
    const { url } = server;
    assertEquals(
      await sentenceOf(url, { transport: "websocket" }),
      `Cannot reach the gateway at ${url}: it redirects to ${gateway.url}; use that URL; trying again`,
    );
  });

  it("tells one subscription of the connection, while the state tells all, also one that joins during the outage", async () => {
    const url = await closedUrl();
    await using one = watch(url);
    await using two = watch(url);
    await two.next("waiting");
    await using three = watch(url);
    for (const { next } of [one, two, three]) {
      assertEquals((await next("waiting")).error?.code, "unreachable");
    }
    const told = [one, two, three].flatMap(({ errors }) => errors);
    assertEquals(told.length, 1);
  });

  it("writes the sentence to the console by default", async () => {
    const { warn } = console;
    const warnings = new Inbox<RealtimeError>();
    console.warn = (error) => warnings.add(error);
    const controller = new AbortController();
    const target = { url: await closedUrl(), signingKey: SIGNING_KEY };
    const opening = open(target, { signal: controller.signal });
    try {
      assertEquals((await warnings.next()).code, "unreachable");
    } finally {
      console.warn = warn;
      controller.abort();
      await opening.catch(() => {});
    }
  });
});

describe("A subscription that the gateway can't accept for now", () => {
  it("tells the gateway's reason once, and tries again", async () => {
    await using gateway = await startFakeGateway();
    const errors: RealtimeError[] = [];
    const states: Details[] = [];
    const opening = join(gateway, {
      onError: (error) => errors.push(error),
      onState: (_, details) => states.push(details),
    });
    const peer = await gateway.peer();
    peer.refuse(await peer.next("sub"), "unavailable");
    peer.refuse(await peer.next("sub"), "unavailable");
    await peer.accept();
    await (await opening).close();
    assertEquals(errors.map(({ code }) => code), ["unavailable"]);
    const failed = states.filter(({ error }) => error);
    assertEquals(failed.map(({ attempt }) => attempt), [1, 2]);
    assert(failed.every(({ retryInMs }) => Number(retryInMs) >= 250));
  });

  it("tells nothing about a connection that is lost, and comes back at the first attempt", async () => {
    await using gateway = await startFakeGateway();
    const errors: RealtimeError[] = [];
    const states: Array<readonly [string, Details]> = [];
    const { subscription, peer } = await joined(gateway, {
      onError: (error) => errors.push(error),
      onState: (state, details) => states.push([state, details]),
    });
    peer.close(1012);
    await (await gateway.peer()).accept();
    await subscription.close();
    assertEquals(errors, []);
    const waiting = states.find(([state]) => state === "waiting")?.[1];
    assertEquals(waiting?.attempt, 0);
    assertEquals(
      waiting?.error?.message,
      `Cannot reach the gateway at ${gateway.url}: the connection was closed with 1012; trying again`,
    );
    const again = states.findLast(([state]) => state === "connecting")?.[1];
    assertEquals(again, { error: undefined, attempt: 1 });
  });

  it("tells nothing about a token that another one replaces", async () => {
    await using gateway = await startFakeGateway();
    const errors: RealtimeError[] = [];
    const key = "key";
    const token = { channel: "c", topics: ["t"], apiBaseUrl: gateway.url, key };
    const opening = subscribe(() => Promise.resolve(token), {
      onError: (error) => errors.push(error),
    });
    const peer = await gateway.peer();
    peer.refuse(await peer.next("sub"), "token_expired");
    await peer.accept();
    await (await opening).close();
    assertEquals(errors, []);
  });
});

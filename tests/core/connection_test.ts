import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { RealtimeError } from "../../core/errors.ts";
import { subscribe } from "../../core/subscribe.ts";
import type { Realtime, Untyped } from "../../core/types.ts";
import {
  type AnySubscription,
  readAll,
  take,
  takeData,
} from "../support/client.ts";
import {
  EPOCH,
  type FakeGateway,
  type FakePeer,
  frame,
  type SentFrame,
  startFakeGateway,
} from "../support/fake_gateway.ts";
import { fakePage } from "../support/fake_page.ts";

type Options = Realtime.Subscribe.Options<Untyped>;

function join(
  { url }: FakeGateway,
  options?: Options,
  topics: string[] = ["t"],
): Promise<AnySubscription> {
  return subscribe(
    { channel: "c", topics, key: "jwt", apiBaseUrl: url },
    options,
  );
}

/** Subscribes and accepts it. */
async function joined(
  gateway: FakeGateway,
  options?: Options,
): Promise<{ subscription: AnySubscription; peer: FakePeer; sub: SentFrame }> {
  const opening = join(gateway, options);
  const peer = await gateway.peer();
  const sub = await peer.accept();
  return { subscription: await opening, peer, sub };
}

/** A handler that collects the states, and one that waits for a state. */
function states(): {
  onState: (state: string) => void;
  reached: (state: string) => Promise<void>;
} {
  const seen: string[] = [];
  let look = (): void => {};
  return {
    onState: (state) => {
      seen.push(state);
      look();
    },
    reached: (state) =>
      new Promise((resolve) => {
        look = () => {
          if (seen.includes(state)) resolve();
        };
        look();
      }),
  };
}

describe("A connection", () => {
  it("offers tidings.v1 and sends the token in a frame", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, sub } = await joined(gateway);
    assertEquals(peer.protocols, "tidings.v1");
    assertEquals(sub.data, { token: "jwt" });
    await subscription.close();
    await peer.closed;
  });

  it("is one socket for several subscriptions, until the last one leaves", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one, peer, sub } = await joined(gateway);
    const opening = join(gateway, {}, ["u"]);
    const second = await peer.accept();
    const two = await opening;
    assertNotEquals(sub.ref, second.ref);
    peer.send(frame(1, "a"), frame(2, "b", { topic: "u" }), frame(3, "c"));
    assertEquals(await takeData(one, 2), ["a", "c"]);
    assertEquals(await takeData(two, 1), ["b"]);
    await one.close();
    assertEquals((await peer.next("unsub")).ref, sub.ref);
    peer.send(frame(4, "d", { topic: "u" }));
    assertEquals(await takeData(two, 1), ["d"]);
    await two.close();
    await peer.closed;
    assertEquals(gateway.waiting, 0);
  });

  it("gives a closed subscription nothing more, though it stays for others", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one, peer } = await joined(gateway);
    const opening = join(gateway);
    await peer.accept();
    const two = await opening;
    await one.close();
    assertEquals(await readAll(one.getJsonStream()), []);
    peer.send(frame(1, "a"));
    assertEquals(await takeData(two, 1), ["a"]);
    await two.close();
  });

  it("is not shared by a subscription that does not want to", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one } = await joined(gateway);
    const { subscription: two, peer } = await joined(gateway, {
      multiplex: false,
    });
    peer.send(frame(1, "a"));
    assertEquals(await takeData(two, 1), ["a"]);
    await one.close();
    await two.close();
  });

  it("answers pings", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway);
    peer.send({ kind: "ping", data: {} });
    await peer.next("pong");
    await subscription.close();
  });

  it("comes back with the ticket, from where it was", async () => {
    await using gateway = await startFakeGateway();
    const { onState, reached } = states();
    const { subscription, peer, sub } = await joined(gateway, { onState });
    peer.send(frame(1, "a"), frame(2, "b"));
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    peer.terminate();
    await reached("waiting");
    const next = await gateway.peer();
    const again = await next.accept(2, { recovered: true });
    assertEquals(again.data, {
      token: `ticket-${sub.ref}`,
      since: `${EPOCH}-2`,
    });
    next.send(frame(2, "b"), frame(3, "c"));
    assertEquals(await takeData(subscription, 1), ["c"]);
    await subscription.close();
  });

  it("moves its position with pings, where its topics are quiet", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway);
    peer.send(
      { kind: "ping", data: { c: `${EPOCH}-40`, d: `${EPOCH}-50` } },
      { kind: "ping", data: { c: `${EPOCH}-30` } },
      { kind: "ping", data: { c: "otherone-90" } },
    );
    await peer.next("pong");
    peer.terminate();
    const sub = await (await gateway.peer()).next("sub");
    assertEquals(sub.data.since, `${EPOCH}-40`);
    await subscription.close();
  });

  it("gives what is for others, older or known to nobody", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway);
    peer.send(
      frame(1, "another channel", { channel: "d" }),
      frame(2, "another topic", { topic: "x" }),
      frame(3, "a"),
      frame(3, "again"),
      frame(2, "older"),
      { kind: "hologram" },
      frame(4, "b"),
    );
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    await subscription.close();
  });

  it("reports once what is no frame, and goes on", async () => {
    await using gateway = await startFakeGateway();
    const errors: RealtimeError[] = [];
    const { subscription, peer } = await joined(gateway, {
      onError: (error) => errors.push(error),
    });
    peer.raw("{");
    peer.raw("null\n" + JSON.stringify(frame(1, "a")));
    assertEquals(await takeData(subscription, 1), ["a"]);
    assertEquals(errors.map(({ code }) => code), [
      "invalid_json",
      "invalid_json",
    ]);
    await subscription.close();
  });

  it("waits as long as the gateway asks", async () => {
    await using gateway = await startFakeGateway();
    using page = fakePage({ document: false });
    const { onState, reached } = states();
    const { subscription, peer } = await joined(gateway, { onState });
    peer.send({
      kind: "closing",
      data: { reason: "draining", retry_after_ms: 1_000_000_000 },
    });
    peer.close(1012);
    await reached("waiting");
    page.dispatch("online");
    await (await gateway.peer()).accept();
    await subscription.close();
  });

  it("tries again at once when the network is back", async () => {
    await using gateway = await startFakeGateway();
    using page = fakePage({ document: false });
    const { onState, reached } = states();
    const { subscription, peer } = await joined(gateway, { onState });
    page.dispatch("offline");
    await peer.closed;
    await reached("waiting");
    page.dispatch("online");
    await (await gateway.peer()).accept();
    await subscription.close();
  });

  it("is given up when nothing was heard for too long", async () => {
    await using gateway = await startFakeGateway();
    using page = fakePage();
    const { subscription, peer } = await joined(gateway);
    page.pass(24_000);
    page.dispatch("visibilitychange");
    peer.send(frame(1, "still here"));
    assertEquals(await takeData(subscription, 1), ["still here"]);
    page.pass(26_000);
    page.dispatch("visibilitychange");
    await (await gateway.peer()).accept(1);
    await subscription.close();
  });

  it("is kept for a moment by a page, for the next view", async () => {
    await using gateway = await startFakeGateway();
    using _page = fakePage();
    const { subscription, peer } = await joined(gateway);
    await subscription.close();
    await peer.next("unsub");
    const opening = join(gateway);
    await peer.accept();
    await (await opening).close();
    await peer.closed;
    assertEquals(gateway.waiting, 0);
  });

  it("ends while it is still connecting", async () => {
    await using gateway = await startFakeGateway();
    const controller = new AbortController();
    const opening = join(gateway, { signal: controller.signal });
    const peer = await gateway.peer();
    await peer.next("sub");
    controller.abort();
    const error = await opening.then(() => undefined, (error) => error);
    assertEquals(error.code, "aborted");
    await peer.closed;
  });
});

describe("A connection where WebSockets can't be had", () => {
  it("turns to Server-Sent Events, with the token in a header", async () => {
    await using gateway = await startFakeGateway({ sockets: false });
    const opening = join(gateway, { from: "start" });
    const { method, url, headers, response } = await gateway.request();
    assertEquals(
      [method, url.pathname, url.searchParams.get("protocol")],
      ["GET", "/v1/realtime/sse", "tidings.v1"],
    );
    assertEquals(url.searchParams.get("since"), "start");
    assertEquals(headers.authorization, "Bearer jwt");
    assert(!url.search.includes("jwt"));
    response.writeHead(200, { "content-type": "text/event-stream" });
    const ready = {
      kind: "ready",
      data: {
        session: "s",
        ticket: "ticket",
        ping_interval_ms: 15_000,
        channels: [{ channel: "c", topics: ["t"], position: `${EPOCH}-0` }],
      },
    };
    response.write(`data: ${JSON.stringify(ready)}\n\n`);
    const subscription = await opening;
    const event = `id: 1\ndata: ${JSON.stringify(frame(1, "h€llo"))}\n\n`;
    const bytes = new TextEncoder().encode(event);
    response.write(bytes.slice(0, 60));
    response.write(bytes.slice(60));
    assertEquals(await takeData(subscription, 1), ["h€llo"]);
    await subscription.close();
  });

  it("is refused by status as by frame", async () => {
    await using gateway = await startFakeGateway();
    const opening = join(gateway, { transport: "sse" });
    const { response } = await gateway.request();
    response.writeHead(403, { "content-type": "application/json" });
    response.end('{"error":{"code":"forbidden","message":"Revoked"}}');
    const error = await opening.then(() => undefined, (error) => error);
    assertEquals([error.code, error.message], ["forbidden", "Revoked"]);
  });

  it("tries again after an answer that is not the gateway's", async () => {
    await using gateway = await startFakeGateway();
    const { onState, reached } = states();
    const controller = new AbortController();
    const opening = join(gateway, {
      transport: "sse",
      onState,
      signal: controller.signal,
    });
    const { response } = await gateway.request();
    response.writeHead(502, { "content-type": "text/html" });
    response.end("<h1>Bad gateway</h1>");
    await reached("waiting");
    await gateway.request();
    controller.abort();
    assertEquals(await opening.catch(({ code }) => code), "aborted");
  });

  it("asks for each subscription apart, and loses both when one is lost", async () => {
    await using gateway = await startFakeGateway();
    const opening = [
      join(gateway, { transport: "sse" }),
      join(gateway, { transport: "sse" }),
    ];
    const requests = [await gateway.request(), await gateway.request()];
    const ready = {
      kind: "ready",
      data: {
        session: "s",
        ticket: "ticket",
        ping_interval_ms: 15_000,
        channels: [{ channel: "c", topics: ["t"], position: `${EPOCH}-0` }],
      },
    };
    for (const { response } of requests) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(ready)}\n\n`);
    }
    const [one, two] = await Promise.all(opening);
    assert(one && two);
    for (const [i, { response }] of requests.entries()) {
      response.write(`data: ${JSON.stringify(frame(i + 1, i))}\n\n`);
    }
    // Each gets what is sent for it, though both read the same.
    const taken = [await takeData(one, 1), await takeData(two, 1)];
    assertEquals(taken.flat().sort(), [0, 1]);
    requests[0]?.response.end();
    const again = [await gateway.request(), await gateway.request()];
    assertEquals(
      again.map(({ url }) => url.searchParams.get("since")).sort(),
      [`${EPOCH}-1`, `${EPOCH}-2`],
    );
    assertEquals(
      again.map(({ headers }) => headers.authorization),
      ["Bearer ticket", "Bearer ticket"],
    );
    await one.close();
    await two.close();
  });
});

describe("What the gateway says of gaps", () => {
  type Gap = Realtime.Subscribe.Gap;

  async function withGaps(
    gateway: FakeGateway,
  ): Promise<{ subscription: AnySubscription; peer: FakePeer; gaps: Gap[] }> {
    const gaps: Gap[] = [];
    const { subscription, peer } = await joined(gateway, {
      onGap: (gap) => gaps.push(gap),
    });
    return { subscription, peer, gaps };
  }

  function gap(after: string, before: string): object {
    return { kind: "gap", channel: "c", data: { after, before } };
  }

  it("is told to who misses something, with the ids", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(
      frame(1, "a"),
      gap(`${EPOCH}-1`, `${EPOCH}-5`),
      frame(4, "lost"),
      frame(5, "b"),
    );
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    assertEquals(gaps, [
      { channel: "c", after: `${EPOCH}-1`, before: `${EPOCH}-5` },
    ]);
    await subscription.close();
  });

  it("is nothing to who is past it", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(
      frame(9, "a"),
      gap(`${EPOCH}-1`, `${EPOCH}-5`),
      { ...gap(`${EPOCH}-10`, `${EPOCH}-20`), channel: "d" },
      frame(10, "b"),
    );
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    assertEquals(gaps, []);
    await subscription.close();
  });

  it("is told when the log was lost, and the new one goes on", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(frame(7, "a"));
    assertEquals(await takeData(subscription, 1), ["a"]);
    peer.terminate();
    const next = await gateway.peer();
    await next.accept("newepoch-0", { recovered: false });
    next.send(
      gap(`${EPOCH}-7`, "newepoch-1"),
      frame(1, "b", { id: "newepoch-1" }),
    );
    assertEquals(await takeData(subscription, 1), ["b"]);
    assertEquals(gaps, [
      { channel: "c", after: `${EPOCH}-7`, before: "newepoch-1" },
    ]);
    await subscription.close();
  });

  it("is told to who is ahead of a log that lost its tail", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(frame(7, "a"));
    assertEquals(await takeData(subscription, 1), ["a"]);
    peer.terminate();
    const next = await gateway.peer();
    await next.accept(4, { recovered: false });
    next.send(gap(`${EPOCH}-7`, `${EPOCH}-5`), frame(5, "b"));
    assertEquals(await takeData(subscription, 1), ["b"]);
    assertEquals(gaps.length, 1);
    await subscription.close();
  });

  it("ends the data streams that it tears", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await withGaps(gateway);
    peer.send(
      frame(1, "s", { kind: "datastream-start", stream_id: "s" }),
      frame(2, "x", { kind: "chunk", stream_id: "s" }),
    );
    const [start] = await take(subscription, 2);
    assertEquals(await take(start.stream, 1), ["x"]);
    peer.send(gap(`${EPOCH}-2`, `${EPOCH}-9`));
    const error = await readAll(start.stream).catch((error) => error);
    assertEquals(error.code, "unavailable");
    await subscription.close();
  });
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { FRAME_CHARACTERS } from "../../../core/protocol/limits.ts";
import { bounded } from "../../../core/time/backoff.ts";
import { takeData } from "../../support/client/client.ts";
import {
  EPOCH,
  frame,
  Inbox,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { fakePage } from "../../support/client/fake_page.ts";
import { join, joined, states } from "../../support/client/joining.ts";

const READY = {
  kind: "ready",
  data: {
    session: "s",
    ticket: "ticket",
    ping_interval_ms: 15_000,
    channels: [{ channel: "c", topics: ["t"], position: `${EPOCH}-0` }],
  },
};

const TOKEN = { channel: "c", topics: ["t"], key: "jwt" };

/** Collects the delays of all timers that are set, until it is disposed. */
function watchTimers(): Disposable & { readonly delays: number[] } {
  const delays: number[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((handler: () => void, ms = 0) => {
    delays.push(ms);
    return setTimeout(handler, ms);
  }) as typeof setTimeout;
  return {
    delays,
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}

/** Starts a server that answers each request with the beginning of an event stream, and leaves the rest to the test. */
async function startEventServer(): Promise<
  AsyncDisposable & {
    readonly url: string;
    readonly connections: Inbox<Socket>;
  }
> {
  const connections = new Inbox<Socket>();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    // The client breaks off.
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.write(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
      );
      connections.add(socket);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function event(frame: object): string {
  return `data: ${JSON.stringify(frame)}\n\n`;
}

/** Makes a listener for errors, and a promise of the first one. */
function firstError(): {
  onError: (error: RealtimeError) => void;
  error: Promise<RealtimeError>;
} {
  const { promise, resolve } = Promise.withResolvers<RealtimeError>();
  return { onError: resolve, error: promise };
}

describe("A client of a hostile or broken gateway", () => {
  it("bounds the time that it is told to wait, from below and from above", async () => {
    for (
      const [asked, wanted] of [
        [0, 250],
        [249.5, 250],
        [1_000, 1_000],
        [1e300, 300_000],
      ] as const
    ) {
      await using gateway = await startFakeGateway();
      using page = fakePage({ document: false });
      const { onState, reached } = states();
      const { subscription, peer } = await joined(gateway, { onState });
      {
        using timers = watchTimers();
        const data = { reason: "draining", retry_after_ms: asked };
        peer.send({ kind: "closing", data });
        peer.close(1012);
        await reached("waiting");
        assert(timers.delays.includes(wanted), `${asked}: ${timers.delays}`);
        assertEquals(timers.delays.includes(asked), asked === wanted);
      }
      page.dispatch("online");
      await (await gateway.peer()).accept();
      await subscription.close();
    }
  });

  it("bounds the interval of pings, so that it notices silence and its timers do not spin", async () => {
    for (const [ping, wanted] of [[1e300, 310_000], [0, 10_250]] as const) {
      await using gateway = await startFakeGateway();
      using page = fakePage();
      const opening = join(gateway);
      const peer = await gateway.peer();
      await peer.accept(0, { ping });
      await using subscription = await opening;
      {
        using timers = watchTimers();
        peer.send(frame(1, "a"));
        assertEquals(await takeData(subscription, 1), ["a"]);
        page.dispatch("visibilitychange");
        const [longest = 0] = timers.delays.sort((a, b) => b - a);
        assert(longest > wanted - 10_000 && longest <= wanted, `${longest}`);
      }
      page.pass(wanted);
      page.dispatch("visibilitychange");
      await (await gateway.peer()).accept(1);
    }
  });

  it("ends a connection with a frame that is too large, says so, and comes back", async () => {
    await using gateway = await startFakeGateway();
    const { onError, error } = firstError();
    const { subscription, peer } = await joined(gateway, { onError });
    const padding = " ".repeat(FRAME_CHARACTERS);
    peer.raw(JSON.stringify(frame(1, "too large")) + padding);
    assertStringIncludes((await error).message, "characters");
    await peer.closed;
    const again = await gateway.peer();
    await again.accept();
    again.send(frame(1, "a"));
    assertEquals(await takeData(subscription, 1), ["a"]);
    await subscription.close();
  });

  it("ends an event stream whose line does not end, says so, and comes back", async () => {
    for (const start of ["data: ", "x"]) {
      await using server = await startEventServer();
      const { onError, error } = firstError();
      const token = { ...TOKEN, apiBaseUrl: server.url };
      const opening = subscribe(token, { transport: "sse", onError });
      const socket = await server.connections.next();
      socket.write(event(READY));
      await using subscription = await opening;
      socket.write(start);
      const bytes = new Uint8Array(2 ** 20).fill(97);
      let hasFailed = false;
      void error.then(() => hasFailed = true);
      // Without a bound the client would take everything.
      for (let mib = 0; mib < 40 && !hasFailed; mib++) {
        const written = new Promise<void>((resolve) => {
          socket.write(bytes, () => resolve());
        });
        // A client that has failed takes nothing more.
        await Promise.race([written, error]);
      }
      const { code, message } = await error;
      assertEquals(code, "invalid_json");
      const [count = 0] = (message.match(/\d+/) ?? []).map(Number);
      assert(count > FRAME_CHARACTERS && count < 2 * FRAME_CHARACTERS);
      const again = await server.connections.next();
      again.write(event(READY) + event(frame(1, "a")));
      assertEquals(await takeData(subscription, 1), ["a"]);
    }
  });
});

describe("bounded()", () => {
  it("keeps a time between 250 ms and 5 minutes", () => {
    const cases = [[-1, 250], [0, 250], [250, 250], [300_000, 300_000]];
    for (const [ms = 0, wanted] of [...cases, [Infinity, 300_000]]) {
      assertEquals(bounded(ms), wanted);
    }
  });
});

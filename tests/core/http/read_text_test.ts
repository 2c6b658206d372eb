import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { env } from "node:process";
import { gzipSync } from "node:zlib";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { FRAME_CHARACTERS } from "../../../core/protocol/limits.ts";
import { askPatiently } from "../../../core/subscribe/ask_patiently.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { RealtimeApp } from "../../../core/types/app.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { Inbox } from "../../support/client/fake_gateway.ts";
import { withoutVariables } from "../../support/environment.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import {
  listen,
  type LocalServer,
} from "../../support/gateway/local_server.ts";

const TARGET = { channel: "c", topics: ["t"] };

withoutVariables(["REALTIME_SIGNING_KEY"]);

/** A server whose answers never end. */
interface EndlessServer extends LocalServer {
  /** Has an item for each request that its client has ended. */
  readonly ended: Inbox<string>;
}

function flood(response: ServerResponse, text: string): void {
  const bytes = new TextEncoder().encode(text.repeat(1_000_000 / text.length));
  function write(): void {
    if (!response.destroyed) response.write(bytes, () => setImmediate(write));
  }
  write();
}

async function startEndlessServer(
  text = "x",
  status = 200,
): Promise<EndlessServer> {
  const ended = new Inbox<string>();
  const server = await listen(createServer((request, response) => {
    response.on("close", () => ended.add(request.url ?? ""));
    response.writeHead(status, { "content-type": "application/json" });
    flood(response, text);
  }));
  return { ...server, ended };
}

function appAt(url: string): RealtimeApp {
  return createRealtime({
    url,
    signingKey: SIGNING_KEY,
    retry: { attempts: 1 },
  });
}

function publish(app: RealtimeApp): Promise<unknown> {
  return app.publish({ channel: "c", topic: "t", data: 1 });
}

async function refusal(work: Promise<unknown>): Promise<RealtimeError> {
  return await assertRejects(() => work, RealtimeError);
}

/** The ways to get an answer. Each rejects with its own beginning of the message. */
const WAYS: Record<string, (url: string) => Promise<unknown>> = {
  'Cannot publish to "c"': (url) => publish(appAt(url)),
  "Cannot count the subscribers of": (url) => appAt(url).subscribers("c"),
  "Cannot get a token": (apiBaseUrl) => {
    env.REALTIME_SIGNING_KEY = SIGNING_KEY;
    return subscribe({ ...TARGET, apiBaseUrl });
  },
  "Cannot get a token:": (url) => subscribe(() => fetch(url)),
  "Cannot go on": (url) =>
    askPatiently({
      url,
      action: "Cannot stop",
      token: () => "jwt",
      mayPass: () => false,
    }, "stream/stop"),
};

describe("An answer without an end", () => {
  it("is an error that says so, and its request ends", async () => {
    await using server = await startEndlessServer();
    for (const [beginning, ask] of Object.entries(WAYS)) {
      const { code, message } = await refusal(ask(server.url));
      assertEquals([beginning, code], [beginning, "too_large"]);
      assertStringIncludes(message, beginning);
      assertStringIncludes(
        message,
        `: the answer has more than ${FRAME_CHARACTERS} characters`,
      );
      await server.ended.next();
    }
  });

  it("is an error for each message of a batch, whether or not its lines end", async () => {
    for (const text of ["x", " \n"]) {
      await using server = await startEndlessServer(text);
      const app = appAt(server.url);
      const errors = [refusal(publish(app)), refusal(publish(app))];
      for (const { code, message } of await Promise.all(errors)) {
        assertEquals(code, text === "x" ? "too_large" : "internal");
        assertStringIncludes(message, "Cannot publish");
      }
      await server.ended.next();
    }
  });

  it("leaves a failure its status", async () => {
    await using server = await startEndlessServer("x", 503);
    for (const ask of Object.values(WAYS).slice(0, 4)) {
      assertEquals((await refusal(ask(server.url))).code, "unavailable");
      await server.ended.next();
    }
  });

  it("is the reason why a subscription can't connect", async () => {
    await using server = await startEndlessServer();
    const closing = new AbortController();
    const { signal } = closing;
    const { promise, resolve } = Promise.withResolvers<RealtimeError>();
    const token = { ...TARGET, key: "jwt", apiBaseUrl: server.url };
    const opening = subscribe(token, { signal, onError: resolve });
    opening.catch(() => {});
    assertEquals(
      (await promise).message,
      `Cannot reach the gateway at ${server.url}: the answer has more than ${FRAME_CHARACTERS} characters; trying again`,
    );
    closing.abort();
  });
});

describe("An answer that nobody reads", () => {
  it("ends, too, where it only shows that something answers", async () => {
    const ended = new Inbox<void>();
    let count = 0;
    await using server = await listen(createServer((request, response) => {
      const isStatus = request.url === "/v1/realtime/status";
      // The second request for the status asks only whether something answers.
      if (!isStatus || ++count !== 2) return request.destroy();
      response.on("close", () => ended.add());
      flood(response, "x");
    }));
    const { timeout } = AbortSignal;
    // No time limit ends the request instead.
    AbortSignal.timeout = () => new AbortController().signal;
    const closing = new AbortController();
    const { signal } = closing;
    const { promise, resolve } = Promise.withResolvers<RealtimeError>();
    const token = { ...TARGET, key: "jwt", apiBaseUrl: server.url };
    subscribe(token, { signal, onError: resolve }).catch(() => {});
    assertStringIncludes((await promise).message, "something answers there");
    AbortSignal.timeout = timeout;
    closing.abort();
    await ended.next();
  });
});

describe("An answer that says it is short", () => {
  it("may grow when it is decompressed, but not without a bound", async () => {
    const bytes = gzipSync(" ".repeat(FRAME_CHARACTERS + 1));
    await using server = await listen(createServer((_, response) => {
      response.writeHead(200, {
        "content-encoding": "gzip",
        "content-length": bytes.length,
      });
      response.end(bytes);
    }));
    const { code } = await refusal(publish(appAt(server.url)));
    assertEquals(code, "too_large");
  });

  it("may have chunks, but not without an end", async () => {
    const tcp = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(
          "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        );
        const chunk = `f4240\r\n${"x".repeat(1_000_000)}\r\n`;
        function write(): void {
          if (!socket.destroyed) socket.write(chunk, () => setImmediate(write));
        }
        write();
      });
    });
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const { port } = Object(tcp.address());
    try {
      const { code } = await refusal(
        publish(appAt(`http://127.0.0.1:${port}`)),
      );
      // Node refuses an answer with both headers.
      assertEquals(["too_large", "network"].includes(code), true);
    } finally {
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    }
  });
});

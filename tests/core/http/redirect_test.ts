import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer } from "node:http";
import { env } from "node:process";
import { createChatTransport } from "../../../ai/client/chat_transport.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { channel } from "../../../core/channel/channel.ts";
import { topic } from "../../../core/channel/topic.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { askPatiently } from "../../../core/subscribe/ask_patiently.ts";
import { isTransient } from "../../../core/http/transient.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { RealtimeApp } from "../../../core/types/app.ts";
import { withoutVariables } from "../../support/environment.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { listen } from "../../support/gateway/local_server.ts";

withoutVariables(["REALTIME_URL", "REALTIME_SIGNING_KEY"]);

const TARGET = { channel: "c", topics: ["t"] };

const answer = topic("answer").type<boolean>();
const approvals = channel("c")
  .addTopic(topic("t").type<string>().reply(answer))
  .addTopic(answer)();

/** A server that redirects all requests to another server, as a proxy does that was moved. */
interface Door extends AsyncDisposable {
  readonly url: string;
  readonly elsewhere: string;
  /** How many requests each of the two servers got. */
  readonly asked: { here: number; elsewhere: number };
}

async function startDoor(status: number): Promise<Door> {
  const asked = { here: 0, elsewhere: 0 };
  const other = await listen(createServer((_, response) => {
    asked.elsewhere++;
    response.end('{"id":"abcdefgh-1","jwt":"jwt","subscribers":1}');
  }));
  const door = await listen(createServer((request, response) => {
    asked.here++;
    const location = `${other.url}/secret${request.url}`;
    response.writeHead(status, { location }).end("Moved to /secret");
  }));
  return {
    url: door.url,
    elsewhere: other.url,
    asked,
    async [Symbol.asyncDispose]() {
      await door[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

function appAt(url: string): RealtimeApp {
  return createRealtime({ url, signingKey: SIGNING_KEY });
}

/** The requests of the module that reject with the reason of a redirect. */
const REQUESTS: Record<string, (url: string) => Promise<unknown>> = {
  message: (url) =>
    appAt(url).publish({ channel: "c", topic: "t", data: "secret" }),
  stream: (url) =>
    appAt(url).publish({
      channel: "c",
      topic: "t",
      data: new Blob(["secret"]).stream(),
    }),
  subscribers: (url) => appAt(url).subscribers("c"),
  "request()": (url) => appAt(url).request(approvals.t, "Ship it?"),
  "waitForReply()": (url) => appAt(url).waitForReply(approvals.t, "abcdefgh-1"),
  token: (apiBaseUrl) => {
    env.REALTIME_SIGNING_KEY = SIGNING_KEY;
    return subscribe({ ...TARGET, apiBaseUrl });
  },
  "stop of a stream": (url) =>
    askPatiently(
      {
        url,
        action: "Cannot stop",
        token: () => "jwt",
        mayPass: isTransient,
      },
      "stream/stop",
      { method: "POST" },
    ),
};

describe("A redirect", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it(`by ${status} is an error of a request, and is neither followed nor tried again`, async () => {
      await using door = await startDoor(status);
      for (const [name, ask] of Object.entries(REQUESTS)) {
        const before = door.asked.here;
        const { code, message } = await assertRejects(
          () => ask(door.url),
          RealtimeError,
        );
        assertEquals(
          [name, code, message, door.asked.here - before],
          [
            name,
            "invalid_argument",
            `Cannot use ${door.url}: it redirects to ${door.elsewhere}; use that URL`,
            1,
          ],
        );
      }
      assertEquals(door.asked.elsewhere, 0);
    });
  }

  it("is an error of a fetch of the app's own, also where a browser hides the redirect", async () => {
    const url = "http://gateway.test";
    const app = createRealtime({
      url,
      signingKey: SIGNING_KEY,
      // Like a hidden redirect it has the status 0 and no headers.
      fetch: () => Promise.resolve(Response.error()),
    });
    const { code, message } = await assertRejects(
      () => app.subscribers("c"),
      RealtimeError,
    );
    assertEquals([code, message], [
      "invalid_argument",
      `Cannot use ${url}: it redirects to another URL; use that URL`,
    ]);
  });

  it("is the reason why a subscription can't connect, by either transport", async () => {
    for (const transport of ["websocket", "sse"] as const) {
      await using door = await startDoor(307);
      const closing = new AbortController();
      const { promise, resolve } = Promise.withResolvers<RealtimeError>();
      const token = { ...TARGET, key: "jwt", apiBaseUrl: door.url };
      const { signal } = closing;
      subscribe(token, { transport, signal, onError: resolve }).catch(() => {});
      assertEquals(
        (await promise).message,
        `Cannot reach the gateway at ${door.url}: it redirects to ${door.elsewhere}; use that URL; trying again`,
      );
      closing.abort();
      assertEquals(door.asked.elsewhere, 0);
    }
  });

  it("is an error of a message to the route of a chat", async () => {
    await using door = await startDoor(307);
    const transport = createChatTransport({
      api: `${door.url}/api/chat`,
      token: { channel: "chat:1", topics: ["answer"], key: "jwt" },
    });
    const { code, message } = await assertRejects(
      () =>
        transport.sendMessages({
          trigger: "submit-message",
          chatId: "1",
          messageId: undefined,
          messages: [],
          abortSignal: undefined,
        }),
      RealtimeError,
    );
    assertEquals([code, message], [
      "invalid_argument",
      `Cannot use the chat's route: it redirects to ${door.elsewhere}; use that URL`,
    ]);
    assertEquals(door.asked, { here: 1, elsewhere: 0 });
  });
});

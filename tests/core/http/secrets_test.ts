import { assertEquals, assertInstanceOf } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { env } from "node:process";
import { inspect } from "node:util";
import { createChatTransport } from "../../../ai/client/chat_transport.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { createGateway } from "../../../server/mod.ts";
import { withoutVariables } from "../../support/environment.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";

withoutVariables(["REALTIME_URL", "REALTIME_SIGNING_KEY"]);

const TARGET = { channel: "c", topics: ["t"] };

const PASSWORD = "hunter2";

/** Text that no header can have. Each runtime words the error of `fetch` in another way, and two of them quote the text. */
const BAD_PARTS = ["\n", "\r\n", "\0", "\u00a0", "Ж", "\x7f"];

/** Returns the code and the message of the error that something ends with. The error and its causes must not have a text. */
async function failure(
  work: () => unknown,
  secret: string,
): Promise<readonly [code: string, message: string]> {
  const error = await Promise.resolve().then(work).catch((error) => error);
  assertInstanceOf(error, RealtimeError);
  assertEquals(inspect(error, { depth: 9 }).includes(secret), false);
  return [error.code, error.message];
}

describe("A signing key that can't be sent", () => {
  it("is refused before anything is sent, by an error without it", async () => {
    const url = "http://127.0.0.1:1";
    for (const part of BAD_PARTS) {
      const signingKey = `${SIGNING_KEY}${part}${SIGNING_KEY}`;
      for (
        const use of [
          () => createRealtime({ url, signingKey }),
          () => createGateway({ signingKey }),
          () =>
            createGateway({
              signingKey: SIGNING_KEY,
              signingKeyFallback: signingKey,
            }),
          () => {
            env.REALTIME_SIGNING_KEY = signingKey;
            return createRealtime({ url }).subscribers("c");
          },
          () => {
            env.REALTIME_SIGNING_KEY = signingKey;
            return createRealtime({ url }).token(TARGET);
          },
          () => subscribe({ ...TARGET, apiBaseUrl: url }),
        ]
      ) {
        // No variable of the environment can have a NUL.
        if (part === "\0" && `${use}`.includes("env")) continue;
        assertEquals(await failure(use, SIGNING_KEY), [
          "invalid_argument",
          "Cannot use the signing key: it travels in a header, so it may have only visible characters of ASCII",
        ]);
      }
    }
  });
});

describe("A token that can't be sent", () => {
  it("is refused by an error without it", async () => {
    for (const part of BAD_PARTS.filter((part) => part !== "\u00a0")) {
      const key = `eyJhbGciOi${part}J9`;
      for (const transport of ["websocket", "sse"] as const) {
        const token = { ...TARGET, key, apiBaseUrl: "http://127.0.0.1:1" };
        assertEquals(
          await failure(() => subscribe(token, { transport }), "eyJhbGci"),
          [
            "unauthenticated",
            "Cannot subscribe: a valid key is missing; getSubscriptionToken() makes complete tokens",
          ],
        );
      }
    }
  });
});

describe("A URL with a password", () => {
  it("is refused everywhere, by an error without it", async () => {
    const token = { ...TARGET, key: "jwt" };
    for (
      const url of [
        `http://user:${PASSWORD}@gateway.example`,
        `https://:${PASSWORD}@gateway.example/`,
        `http://user:${PASSWORD}/2@gateway.example`,
        `http://user:1/${PASSWORD}@gateway.example`,
        `ftp://user:${PASSWORD}@gateway.example`,
        `user:${PASSWORD}@gateway.example`,
      ]
    ) {
      const app = createRealtime({ url, signingKey: SIGNING_KEY });
      const chat = createChatTransport({
        token: { channel: "chat:1", topics: ["answer"], key: "jwt" },
        url,
      });
      for (
        const use of [
          () => app.publish({ channel: "c", topic: "t", data: 1 }),
          () => app.token(TARGET),
          () => app.url,
          () => subscribe(token, { url }),
          () => subscribe({ ...token, apiBaseUrl: url }),
          () => chat.reconnectToStream({ chatId: "1" }),
          () => {
            env.REALTIME_URL = url;
            env.REALTIME_SIGNING_KEY = SIGNING_KEY;
            return createRealtime().subscribers("c");
          },
          () => subscribe(TARGET),
          () => subscribe({ ...TARGET, apiBaseUrl: url }),
        ]
      ) {
        const [code, message] = await failure(use, PASSWORD);
        assertEquals([code, message.replace(/.*: /, "")], [
          "invalid_argument",
          'the URL may have no user, no password and no "@"',
        ]);
      }
    }
  });
});

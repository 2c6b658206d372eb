import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  DefaultChatTransport,
  type HttpChatTransportInitOptions,
  type UIMessage,
} from "ai";
import { createChatTransport } from "../../ai.ts";
import { createRealtime } from "../../mod.ts";

/** A request as `fetch` gets it. */
interface SentRequest {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly credentials: RequestCredentials | undefined;
}

type Options = HttpChatTransportInitOptions<UIMessage>;
type Sent = Parameters<DefaultChatTransport<UIMessage>["sendMessages"]>[0];

const SENT: Sent = {
  chatId: "1",
  trigger: "submit-message",
  messageId: undefined,
  messages: [{ id: "m1", role: "user", parts: [{ type: "text", text: "Hi" }] }],
  abortSignal: undefined,
};

/** Returns a `fetch` that only notes the request, and what it noted. */
function recorder(): { fetch: typeof fetch; sent: () => SentRequest } {
  let sent: SentRequest | undefined;
  return {
    fetch(url, init = {}) {
      sent = {
        url: String(url),
        method: init.method,
        headers: Object.fromEntries(new Headers(init.headers)),
        body: JSON.parse(String(init.body)),
        credentials: init.credentials,
      };
      return Promise.resolve(
        Response.json({ error: { code: "not_found", message: "Recorded" } }, {
          status: 404,
        }),
      );
    },
    sent() {
      if (!sent) throw new Error("Nothing was sent");
      return sent;
    },
  };
}

/** Sends messages with the SDK's own transport and with that of Tidings; returns both requests. */
async function bothRequests(
  options: Options,
  sent: Partial<Sent>,
): Promise<{ own: SentRequest; theirs: SentRequest }> {
  const realtime = createRealtime({
    url: "http://localhost:1",
    signingKey: "signkey-test-00",
  });
  const [own, theirs] = [recorder(), recorder()];
  // The refusal doesn't wait for a token that is being signed, which Deno would call a leak.
  const token = await realtime.token({
    channel: "chat:1",
    topics: ["answer"],
  });
  const message = { ...SENT, ...sent };
  const transports = [
    createChatTransport({ ...options, token, fetch: own.fetch }),
    new DefaultChatTransport({ ...options, fetch: theirs.fetch }),
  ];
  for (const transport of transports) {
    await assertRejects(() => transport.sendMessages(message));
  }
  return { own: own.sent(), theirs: theirs.sent() };
}

describe("the request of a chat", () => {
  const cases: Readonly<Record<string, [Options, Partial<Sent>]>> = {
    "of a new message": [{}, {}],
    "of an answer that is made again": [
      {},
      { trigger: "regenerate-message", messageId: "m1" },
    ],
    "with headers and fields of the options": [
      {
        api: "/api/other",
        credentials: "include",
        headers: { "X-One": "1" },
        body: { one: 1, shared: "options" },
      },
      {},
    ],
    "with options that are functions and promises": [
      {
        credentials: () => Promise.resolve("omit"),
        headers: () => new Headers({ "X-One": "1" }),
        body: () => Promise.resolve({ one: 1 }),
      },
      {},
    ],
    "with headers and fields of the call, which win": [
      { headers: { "x-one": "1", "x-two": "2" }, body: { one: 1, two: 2 } },
      { headers: { "X-Two": "call" }, body: { two: "call" }, metadata: "m" },
    ],
    "that a function prepares": [
      {
        headers: { "x-one": "1" },
        body: { one: 1 },
        prepareSendMessagesRequest: (prepared) => ({
          api: "/api/prepared",
          headers: { "x-prepared": "yes" },
          credentials: "same-origin",
          body: prepared,
        }),
      },
      { metadata: { plan: "free" }, body: { two: 2 } },
    ],
    "of which a function prepares the body alone": [
      {
        headers: { "x-one": "1" },
        credentials: "include",
        prepareSendMessagesRequest: ({ id }) => ({ body: { only: id } }),
      },
      {},
    ],
  };
  for (const [name, [options, sent]] of Object.entries(cases)) {
    it(`is that of the SDK's own transport: ${name}`, async () => {
      const { own, theirs } = await bothRequests(options, sent);
      assertEquals(own, theirs);
    });
  }

  it("gives the token's function what the call has", async () => {
    const asked: unknown[] = [];
    const transport = createChatTransport({
      token(chat) {
        asked.push(chat);
        return new Response("Not yours", { status: 403 });
      },
      fetch: recorder().fetch,
    });
    const call = { headers: { "x-one": "1" }, body: { one: 1 }, metadata: "m" };
    await assertRejects(() => transport.sendMessages({ ...SENT, ...call }));
    assertEquals(asked, [{ chatId: "1", ...call }]);
  });
});

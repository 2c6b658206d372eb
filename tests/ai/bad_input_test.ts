import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { UIMessage, UIMessageChunk } from "ai";
import {
  type AnswerSource,
  chatToken,
  type ChatTransportOptions,
  publishChat,
} from "../../ai.ts";
import { RealtimeError } from "../../mod.ts";
import { ManyChats } from "../support/ai/many_chats.ts";
import { BEGINNING, HALF, REST, WHOLE } from "../support/ai/half_answer.ts";
import { streamOf } from "../support/ai/chat_app.ts";
import { ControlledAnswer } from "../support/ai/controlled_answer.ts";
import { QUESTION } from "../support/ai/observed_chat.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";

let gateway: TestGateway;
let app: ManyChats;

beforeAll(async () => {
  gateway = await startGateway();
  app = new ManyChats(gateway);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await gateway.close();
});

type TokenOption = ChatTransportOptions["token"];

/** Sends a message whose answer is a given source, and returns the failure that the page tells. */
async function failWith(chatId: string, source: unknown): Promise<unknown[]> {
  app.answer(chatId, source as AnswerSource);
  const page = app.open(chatId, []);
  await page.chat.sendMessage(QUESTION);
  return page.failure();
}

/** Sends a message to a route that returns a given response, and returns the failure that the page tells. */
async function failAtRoute(
  response: () => Response | Promise<Response>,
): Promise<unknown[]> {
  const fetch = () => Promise.resolve(response());
  const page = app.open("route", [], { fetch });
  await page.chat.sendMessage(QUESTION);
  return page.failure();
}

const NOT_CHUNKS =
  "in place of a UI message chunk; pass result.toUIMessageStream()";

/** Makes a stream of values that need not be chunks. */
function valuesOf(...values: readonly unknown[]): ReadableStream<unknown> {
  return streamOf(values as UIMessageChunk[]);
}

describe("An answer that is no UI message stream", () => {
  it("is refused at once if it is no stream at all", async () => {
    for (
      const [index, source] of ["text", undefined, new Response("")].entries()
    ) {
      assertEquals(await failWith(`none-${index}`, source), [
        "invalid_data",
        `Cannot publish to "chat:none-${index}": the answer is no stream; pass result.toUIMessageStream(), or a function that returns it`,
        [QUESTION],
      ]);
    }
  });

  it("ends with an error at the first value that is no chunk, and what came before stays shown", async () => {
    const cases: readonly (readonly [unknown, string])[] = [
      ["Hello", "a string"],
      [1, "a number"],
      [null, "null"],
      [["start"], "a list"],
      [new TextEncoder().encode("data: {}"), "bytes"],
      [{ delta: "Hello" }, 'an object without "type"'],
      [
        { type: "text-delta", id: "1", text: "of streamText().stream" },
        "a part of another kind of stream",
      ],
      [
        { type: "tool-input-delta", id: "1", delta: "{" },
        "a part of another kind of stream",
      ],
    ];
    for (const [index, [value, kind]] of cases.entries()) {
      const error =
        `Cannot publish to "chat:kind-${index}": the stream has ${kind} ${NOT_CHUNKS}`;
      assertEquals(
        await failWith(`kind-${index}`, valuesOf(...BEGINNING, value)),
        [undefined, error, HALF],
      );
      assertEquals(Object(await app.takeFailure()).message, error);
    }
  });

  it("ends with an error that tells no secrets if its source fails", async () => {
    const secret = new Error("The password of the database is 1234");
    async function* failing(): AsyncGenerator<UIMessageChunk> {
      yield* BEGINNING;
      await Promise.reject(secret);
    }
    const sources: readonly (readonly [unknown, readonly UIMessage[]])[] = [
      [failing(), HALF],
      [failing, HALF],
      [() => {
        throw secret;
      }, [QUESTION]],
      [() => Promise.reject(secret), [QUESTION]],
    ];
    for (const [index, [source, shown]] of sources.entries()) {
      assertEquals(await failWith(`failing-${index}`, source), [
        undefined,
        `Cannot publish to "chat:failing-${index}": the source of the stream failed`,
        shown,
      ]);
      assertEquals(Object(await app.takeFailure()).cause, secret);
    }
    assertEquals(await failWith("returns", () => "text"), [
      undefined,
      'Cannot publish to "chat:returns": the function given as data did not return a stream',
      [QUESTION],
    ]);
    assertEquals(Object(await app.takeFailure()).code, "invalid_data");
  });

  it("ends with an error at a chunk over the limit", async () => {
    const url = "x".repeat(4 * 1024 * 1024);
    const large = { type: "file", mediaType: "image/png", url };
    assertEquals(
      await failWith("large", valuesOf(...BEGINNING, large, ...REST)),
      [
        undefined,
        'Cannot publish to "chat:large": a chunk of the answer has 4097 Ki characters, the limit is 4096 Ki',
        HALF,
      ],
    );
    assertEquals(Object(await app.takeFailure()).code, "too_large");
  });

  it("is no message for a page that resumes it, if the message that it continues is no list of chunks", async () => {
    const values = ["text", {}, null, [null], [{ id: "1" }], ["start"]];
    for (const [index, data] of values.entries()) {
      const chatId = `continued-${index}`;
      const answer = new ControlledAnswer();
      const begun = app.answer(chatId, answer.stream);
      const sender = app.open(chatId, []);
      const sent = sender.chat.sendMessage(QUESTION);
      await begun;
      answer.emit(
        { type: "data-tidings", data, transient: true },
        ...BEGINNING,
      );
      const page = app.open(chatId);
      await page.chat.resumeStream();
      assertEquals(page.failure(), [
        "invalid_json",
        "Cannot read the answer: its text was not made for a chat",
        [QUESTION],
      ]);
      answer.emit(...REST);
      answer.end();
      await sent;
      assertEquals(sender.outcome().messages, WHOLE);
    }
  });

  it("shows the AI SDK's own error for chunks in a wrong order", async () => {
    const [, message] = await failWith(
      "order",
      valuesOf({ type: "start" }, ...REST),
    );
    assertEquals(
      message,
      'Received text-delta for missing text part with ID "1". Ensure a "text-start" chunk is sent before any "text-delta" chunks.',
    );
  });
});

describe("A route that does not return the response of publishChat()", () => {
  const html = { "content-type": "text/html; charset=utf-8" };
  const cases: readonly (readonly [string, () => Response, string, string])[] =
    [
      [
        "answers with a page",
        () => new Response("<!doctype html><p>Sign in", { headers: html }),
        "invalid_json",
        "the response is text/html; charset=utf-8, not JSON; check the URL",
      ],
      [
        "answers with a page of an error",
        () => new Response("<h1>Oops</h1>", { status: 500, headers: html }),
        "internal",
        "the response has status 500",
      ],
      [
        "answers with nothing",
        () => new Response(null, { status: 204 }),
        "invalid_json",
        "the response is empty, not JSON; check the URL",
      ],
      [
        "answers with a reason as text",
        () => new Response("No such chat", { status: 404 }),
        "not_found",
        "No such chat",
      ],
      [
        "answers with other JSON",
        () => Response.json({ ok: true }),
        "invalid_json",
        'the response has no "stream_id"; the route has to return the response of publishChat()',
      ],
      [
        "streams the answer itself",
        () =>
          new Response(new ReadableStream(), {
            headers: { "content-type": "text/event-stream" },
          }),
        "invalid_json",
        'the response is "text/event-stream"; the route has to return the response of publishChat()',
      ],
    ];
  for (const [name, respond, code, reason] of cases) {
    it(`is named in the error if it ${name}`, async () => {
      assertEquals(await failAtRoute(respond), [
        code,
        `Cannot send the message: ${reason}`,
        [QUESTION],
      ]);
    });
  }

  it("is not reached without a network, which the AI SDK takes for a lost connection", async () => {
    const failure = await failAtRoute(() => {
      throw new TypeError("fetch failed");
    });
    assertEquals(failure, [undefined, "fetch failed", [QUESTION]]);
  });
});

describe("An id that no chat can have", () => {
  const name = "names are 1 to 255 bytes without control characters";
  const ids: readonly (readonly [unknown, string])[] = [
    [undefined, "Cannot use the chat: its id is missing"],
    ["", "Cannot use the chat: its id is missing"],
    ["a\nb", `Cannot use the channel: ${name}`],
    ["x".repeat(251), `Cannot use the channel: ${name}`],
  ];

  it("is refused by the route and by the maker of tokens", async () => {
    for (const [id, message] of ids) {
      const chatId = id as string;
      const stream = valuesOf() as ReadableStream<UIMessageChunk>;
      const response = await publishChat(app.realtime, { chatId, stream });
      const { error } = await response.json();
      assertEquals(
        [response.status, error],
        [400, { code: "invalid_name", message }],
      );
      const refusal = await assertRejects(
        async () => await chatToken(app.realtime, { chatId }),
        RealtimeError,
        message,
      );
      assertEquals(refusal.code, "invalid_name");
    }
  });

  it("is the error of a page", async () => {
    for (const [id, message] of ids.slice(1)) {
      const page = app.open(String(id), []);
      await page.chat.sendMessage(QUESTION);
      assertEquals(page.failure(), ["invalid_name", message, [QUESTION]]);
    }
  });
});

interface RefusedToken {
  readonly name: string;
  readonly token: TokenOption;
  readonly code: string;
  readonly message: (channel: string) => string;
  /** The message for a page that sends, if it is another one: such a page does not look for a running answer. */
  readonly whenSending?: string;
}

describe("A token that does not grant the chat", () => {
  const tokens: readonly RefusedToken[] = [
    {
      name: "the route of tokens refuses",
      token: () => new Response("Not your chat", { status: 403 }),
      code: "forbidden",
      message: () => "Cannot get a token: Not your chat",
    },
    {
      name: "the token is one for another chat",
      token: () => chatToken(app.realtime, { chatId: "mine" }),
      code: "forbidden",
      message: () => "Cannot get a token: it is not for this chat",
    },
    {
      name: "the token only claims to be one for this chat",
      token: async ({ chatId }) => ({
        ...await chatToken(app.realtime, { chatId: "mine" }),
        channel: `chat:${chatId}`,
      }),
      code: "forbidden",
      message: (channel) =>
        `Cannot list the streams of "${channel}": the token doesn't grant topic "answer"`,
      whenSending: 'Cannot subscribe: the token has no topic "answer"',
    },
    {
      name: "the token is forged",
      token: async ({ chatId }) => ({
        ...await chatToken(app.realtime, { chatId }),
        key: "a.b.c",
      }),
      code: "invalid_token",
      message: () => "Cannot use the token: it is not a JWT",
    },
  ];
  for (const [index, refused] of tokens.entries()) {
    it(`shows nothing of an answer, and why, if ${refused.name}`, async () => {
      const { token, code, whenSending } = refused;
      const chatId = `theirs-${index}`;
      const message = refused.message(`chat:${chatId}`);
      const answer = new ControlledAnswer();
      app.answer(chatId, answer.stream);
      const owner = app.open(chatId, []);
      const sent = owner.chat.sendMessage(QUESTION);
      answer.emit(...BEGINNING);
      await owner.shows(HALF);

      const resumed = app.open(chatId, [QUESTION], { token });
      await resumed.chat.resumeStream();
      assertEquals(resumed.failure(), [code, message, [QUESTION]]);
      answer.emit(...REST);
      answer.end();
      await sent;
      assertEquals(owner.chat.messages, WHOLE);

      app.answer(chatId, streamOf([...BEGINNING, ...REST]));
      const sender = app.open(chatId, [], { token });
      await sender.chat.sendMessage(QUESTION);
      assertEquals(sender.failure(), [
        code,
        whenSending ?? message,
        [QUESTION],
      ]);
    });
  }
});

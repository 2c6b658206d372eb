import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { chatToken } from "../../ai.ts";
import { RealtimeError } from "../../mod.ts";
import { MemoryBroker } from "../../server/mod.ts";
import {
  ChatApp,
  streamOf,
  TEXT_END,
  textAnswer,
  textBegin,
  textDeltas,
  textOf,
  WrittenAnswer,
} from "../support/ai/chat_app.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { until } from "../support/until.ts";

let gateway: TestGateway;
let app: ChatApp;
beforeAll(async () => {
  gateway = await startGateway();
  app = new ChatApp(gateway);
});
afterAll(() => gateway.close());

/** Prepares an answer that the test writes. */
function nextAnswer(): WrittenAnswer {
  const answer = new WrittenAnswer();
  app.answers.push({ stream: answer.source });
  return answer;
}

describe("createChatTransport()", () => {
  it("shows the answer of the app's route", async () => {
    app.answers.push({
      stream: () => streamOf(textAnswer("a1", "The tide ", "rises")),
    });
    const chat = app.open("shown");
    await chat.sendMessage({ text: "When?" });
    assertEquals(chat.error, undefined);
    assertEquals(chat.status, "ready");
    assertEquals(chat.messages.map(({ role }) => role), ["user", "assistant"]);
    assertEquals(chat.lastMessage?.id, "a1");
    assertEquals(textOf(chat.lastMessage), "The tide rises");
    const { id, trigger, messages } = app.asked.at(-1) ?? {};
    assertEquals([id, trigger], ["shown", "submit-message"]);
    const [question] = chat.messages;
    assertEquals(messages, [JSON.parse(JSON.stringify(question))]);
  });

  it("shows a running answer from its beginning after a reload, and it goes on", async () => {
    const answer = nextAnswer();
    const before = app.open("reload");
    const sent = before.sendMessage({ text: "When?" });
    answer.write(...textBegin("a2", "The tide "));
    await until(() => textOf(before.lastMessage) === "The tide ");

    const after = app.open("reload", before.messages.slice(0, 1));
    const resumed = after.resumeStream();
    await until(() => textOf(after.lastMessage) === "The tide ");
    answer.end(...textDeltas("rises"), ...TEXT_END);
    await Promise.all([sent, resumed]);
    assertEquals(after.messages, before.messages);
    assertEquals(textOf(after.lastMessage), "The tide rises");
  });

  it("resolves with null where no answer runs", async () => {
    const transport = app.transport();
    assertEquals(await transport.reconnectToStream({ chatId: "none" }), null);
    app.answers.push({
      stream: () => streamOf(textAnswer("a3", "Over")),
    });
    await app.open("over").sendMessage({ text: "When?" });
    assertEquals(await transport.reconnectToStream({ chatId: "over" }), null);
  });

  it("stops the answer for everyone when its chat is stopped, also after a reload", async () => {
    const answer = nextAnswer();
    const first = app.open("stop");
    const sent = first.sendMessage({ text: "When?" });
    answer.write(...textBegin("a4", "The tide "));
    await until(() => textOf(first.lastMessage) === "The tide ");
    const second = app.open("stop", first.messages.slice(0, 1));
    const resumed = second.resumeStream();
    await until(() => textOf(second.lastMessage) === "The tide ");
    await second.stop();
    const signal = await answer.opened;
    await Promise.all([sent, resumed]);
    await until(() => signal.aborted);
    assertEquals([first.status, first.error], ["ready", undefined]);
    assertEquals(textOf(first.lastMessage), "The tide ");
    const transport = app.transport();
    assertEquals(await transport.reconnectToStream({ chatId: "stop" }), null);
    assertEquals(await transport.stop({ chatId: "stop" }), false);
  });

  it("sends the next message when the answer that was stopped before it has ended", async () => {
    const answer = nextAnswer();
    const chat = app.open("next");
    const sent = chat.sendMessage({ text: "When?" });
    answer.write(...textBegin("a9", "The tide "));
    await until(() => textOf(chat.lastMessage) === "The tide ");
    const stopped = chat.stop();
    app.answers.push({
      stream: () => streamOf(textAnswer("a10", "It falls")),
    });
    await stopped;
    await chat.sendMessage({ text: "And then?" });
    await sent;
    assertEquals([chat.status, chat.error], ["ready", undefined]);
    assertEquals(
      chat.messages.map(textOf),
      ["When?", "The tide ", "And then?", "It falls"],
    );
  });

  it("stops the answer of a request that is stopped before its response", async () => {
    const answer = nextAnswer();
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const chat = app.open("early", [], {
      prepareSendMessagesRequest: async () => {
        asked.resolve();
        await answered.promise;
        return { body: { id: "early" } };
      },
    });
    const sent = chat.sendMessage({ text: "When?" });
    await asked.promise;
    await chat.stop();
    await sent;
    answered.resolve();
    const signal = await answer.opened;
    await until(() => signal.aborted);
    assertEquals([chat.status, chat.error], ["ready", undefined]);
  });

  it("asks for the token of the next message when the answer before it is stopped", async () => {
    const answer = nextAnswer();
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    let tokens = 0;
    const chat = app.open("refused", [], {
      token: ({ chatId }) =>
        tokens++ === 0
          ? chatToken(app.realtime, { chatId })
          : new Response("Sign in again", { status: 401 }),
      prepareSendMessagesRequest: async () => {
        // The next request never goes out, so its token alone is refused.
        if (tokens > 1) await new Promise(() => {});
        asked.resolve();
        await answered.promise;
        return { body: { id: "refused" } };
      },
    });
    const sent = chat.sendMessage({ text: "When?" });
    await asked.promise;
    await chat.stop();
    await sent;
    const next = chat.sendMessage({ text: "And then?" });
    // Nothing would handle its refusal while the answer is being stopped, which ends a process of Node.
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(tokens, 1);
    answered.resolve();
    await answer.opened;
    await next;
    assertEquals(chat.error?.message, "Cannot get a token: Sign in again");
  });

  it("does not stop an answer that is resumed while it is shown", async () => {
    const answer = nextAnswer();
    const first = app.open("again");
    const sent = first.sendMessage({ text: "When?" });
    answer.write(...textBegin("a8", "The tide "));
    await until(() => textOf(first.lastMessage) === "The tide ");
    const states: string[] = [];
    const second = app.open("again", first.messages.slice(0, 1), {
      onState: (state) => states.push(state),
    });
    const resumed = second.resumeStream();
    await until(() => textOf(second.lastMessage) === "The tide ");
    const again = second.resumeStream();
    await resumed;
    await until(() => states.filter((state) => state === "open").length === 2);
    answer.end(...textDeltas("rises"), ...TEXT_END);
    await Promise.all([sent, again]);
    assertEquals(textOf(second.lastMessage), "The tide rises");
    assertEquals(second.messages, first.messages);
  });

  it("says that a running answer can't be shown whose beginning the log no longer has, and stops it", async () => {
    await using small = await startGateway({
      broker: new MemoryBroker({ historySize: 3 }),
    });
    const own = new ChatApp(small);
    const answer = new WrittenAnswer();
    own.answers.push({ stream: answer.source });
    const first = own.open("long");
    const sent = first.sendMessage({ text: "When?" });
    const words = ["The ", "tide ", "rises ", "and ", "falls"];
    answer.write(...textBegin("a11"));
    for (const [index, word] of words.entries()) {
      answer.write(...textDeltas(word));
      const shown = words.slice(0, index + 1).join("");
      await until(() => textOf(first.lastMessage) === shown);
    }
    const second = own.open("long");
    await second.resumeStream();
    assertEquals(
      second.error?.message,
      "Cannot show the answer: a part of it is no longer in the gateway's log",
    );
    assertEquals(await own.transport().stop({ chatId: "long" }), true);
    await sent;
    assertEquals(textOf(first.lastMessage), words.join(""));
    const signal = await answer.opened;
    await until(() => signal.aborted);
  });

  it("refuses a second answer while one runs, and shows why", async () => {
    const answer = nextAnswer();
    const first = app.open("two");
    const sent = first.sendMessage({ text: "When?" });
    await answer.opened;
    nextAnswer();
    const second = app.open("two");
    await second.sendMessage({ text: "And then?" });
    assertEquals(second.status, "error");
    assertEquals(
      second.error?.message,
      'Cannot publish to "chat:two": the topic "answer" has an open stream',
    );
    answer.end(...textAnswer("a5", "The tide"));
    await sent;
    assertEquals(textOf(first.lastMessage), "The tide");
  });

  it("rejects with the refusal of the token's route", async () => {
    const transport = app.transport({
      token: () => new Response("Not your chat", { status: 403 }),
    });
    const error = await assertRejects(
      () => transport.reconnectToStream({ chatId: "other" }),
      RealtimeError,
      "Cannot get a token: Not your chat",
    );
    assertEquals(error.code, "forbidden");
  });
});

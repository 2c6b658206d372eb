import { createServer } from "node:http";
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { chatAnswer, chatToken, publishChat } from "../../ai.ts";
import { createRealtime } from "../../mod.ts";
import { startAnswering } from "../support/ai/answering_process.ts";
import { streamOf } from "../support/ai/chat_app.ts";
import { ControlledAnswer } from "../support/ai/controlled_answer.ts";
import {
  answerOf,
  BEGINNING,
  HALF,
  REST,
  WHOLE,
} from "../support/ai/half_answer.ts";
import { ManyChats } from "../support/ai/many_chats.ts";
import { type ObservedChat, QUESTION } from "../support/ai/observed_chat.ts";
import { DatabaseFolder } from "../support/brokers/sqlite.ts";
import { signal } from "../support/client/client.ts";
import { SIGNING_KEY, startGateway } from "../support/gateway/gateway.ts";
import { closedUrl, listen } from "../support/gateway/local_server.ts";
import { startProxy } from "../support/gateway/proxy.ts";

/** An answer that is shown in half. */
interface Half {
  readonly page: ObservedChat;
  readonly answer: ControlledAnswer;
  readonly sent: Promise<void>;
}

/** Sends a message, and waits until the first half of its answer is shown. */
async function showHalf(
  app: ManyChats,
  options: Parameters<ManyChats["open"]>[2] = {},
): Promise<Half> {
  const answer = new ControlledAnswer();
  app.answer("x", answer.stream);
  const page = app.open("x", [], { onError: () => {}, ...options });
  const sent = page.chat.sendMessage(QUESTION);
  answer.emit(...BEGINNING);
  await page.shows(HALF);
  return { page, answer, sent };
}

function finish({ answer, sent }: Half): Promise<void> {
  answer.emit(...REST);
  answer.end();
  return sent;
}

describe("A second answer at once", () => {
  it("is refused, and the first one goes on", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway);
    const first = await showHalf(app);
    const unwanted = new ControlledAnswer();
    app.answer("x", unwanted.stream);
    const second = app.open("x", []);
    await second.chat.sendMessage(QUESTION);
    assertEquals(second.failure(), [
      "stream_open",
      'Cannot publish to "chat:x": the topic "answer" has an open stream',
      [QUESTION],
    ]);
    await unwanted.cancelled;
    await finish(first);
    assertEquals(first.page.outcome().messages, WHOLE);
  });

  it("replaces the first one, which ends as if it was stopped", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway, gateway.url, {
      whileRunning: "replace",
    });
    const first = await showHalf(app);
    const second = await showHalf(app);
    await first.sent;
    await first.answer.cancelled;
    const { messages, status, error } = first.page.outcome();
    assertEquals([messages, status, error], [HALF, "ready", undefined]);
    await finish(second);
    assertEquals(second.page.outcome().messages, WHOLE);
  });
});

describe("Another stream of the same topic", () => {
  it("is not mixed into a running answer", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway);
    const first = await showHalf(app);
    const other = new ControlledAnswer();
    const published = app.realtime.publish(chatAnswer("x", other.stream));
    other.emit(...BEGINNING, {
      type: "text-delta",
      id: "1",
      delta: "other answer",
    });
    other.end();
    await published;
    await finish(first);
    assertEquals(first.page.outcome().messages, WHOLE);
  });
});

describe("A token that expires in the middle of an answer", () => {
  it("is replaced by a new one, and nothing is lost", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway);
    let renewed = signal();
    const half = await showHalf(app, {
      token: ({ chatId }) =>
        chatToken(app.realtime, { chatId, sessionExpiresIn: 1 }),
      onState: (state) => {
        if (state === "open") renewed.resolve();
      },
    });
    renewed = signal();
    await renewed.promise;
    await finish(half);
    assertEquals(half.page.outcome().messages, WHOLE);
  });

  it("leaves what is shown and says so if there is no new one", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway);
    let count = 0;
    const half = await showHalf(app, {
      token: ({ chatId }) =>
        count++ === 0
          ? chatToken(app.realtime, { chatId, sessionExpiresIn: 1 })
          : new Response("Sign in again", { status: 401 }),
    });
    await half.sent;
    assertEquals(half.page.failure(), [
      "unauthenticated",
      "Cannot get a token: Sign in again",
      HALF,
    ]);
    // The answer itself goes on.
    const other = app.open("x");
    const resumed = other.chat.resumeStream();
    await other.shows(HALF);
    half.answer.emit(...REST);
    half.answer.end();
    await resumed;
    assertEquals(other.outcome().messages, WHOLE);
  });

  it("leaves what is shown and says so if the app gives it again", async () => {
    await using gateway = await startGateway();
    await using app = new ManyChats(gateway);
    const token = await chatToken(app.realtime, {
      chatId: "x",
      sessionExpiresIn: 1,
      expiresIn: 1,
    });
    const half = await showHalf(app, { token: () => token });
    await half.sent;
    const [code, message, messages] = half.page.failure();
    assertEquals([code, messages], ["token_expired", HALF]);
    assert(String(message).startsWith("Cannot use the token: it expired"));
    half.answer.end();
  });
});

describe("A gateway that is away", () => {
  it("is named to the app when a message is sent, and not to the page", async () => {
    const told: unknown[] = [];
    const url = await closedUrl();
    const realtime = createRealtime({
      url,
      signingKey: SIGNING_KEY,
      retry: { attempts: 1 },
    });
    const page = new ManyChats({ url, signingKey: SIGNING_KEY }).open("x", [], {
      fetch: () =>
        publishChat(realtime, {
          chatId: "x",
          stream: streamOf([...BEGINNING, ...REST]),
          onError: (error) => told.push(Object(error).message),
        }),
    });
    await page.chat.sendMessage(QUESTION);
    assertEquals(page.failure(), [
      "network",
      "Cannot publish the answer: the app's log has the reason",
      [QUESTION],
    ]);
    assertEquals(told, [
      `Cannot publish to "chat:x": the gateway at ${url} can't be reached: connection refused`,
    ]);
  });

  it("is not named to the page by a proxy's refusal either", async () => {
    await using proxy = await listen(
      createServer((_, response) => response.writeHead(413).end()),
    );
    const { url } = proxy;
    const told: unknown[] = [];
    const realtime = createRealtime({ url, signingKey: SIGNING_KEY });
    const response = await publishChat(realtime, {
      chatId: "x",
      stream: streamOf([...BEGINNING, ...REST]),
      onError: (error) => told.push(Object(error).message),
    });
    assertEquals([response.status, await response.json()], [413, {
      error: {
        code: "too_large",
        message: "Cannot publish the answer: the app's log has the reason",
      },
    }]);
    assertEquals(told, [
      `Cannot publish to "chat:x": the gateway at ${url} answered 413`,
    ]);
  });

  it("is waited for by a page that looks for a running answer", async () => {
    await using gateway = await startGateway();
    await using proxy = await startProxy(gateway.url);
    await using app = new ManyChats(gateway);
    const half = await showHalf(app);
    proxy.cut();
    const reloaded = new ManyChats(gateway, proxy.url).open("x");
    const resumed = reloaded.chat.resumeStream();
    proxy.lead(gateway.url);
    await reloaded.shows(HALF);
    await finish(half);
    await resumed;
    assertEquals(reloaded.outcome().messages, WHOLE);
  });

  it("costs an answer nothing if its log survives", async () => {
    await using folder = await DatabaseFolder.create();
    await using lost = await startGateway({ broker: await folder.open() });
    await using proxy = await startProxy(lost.url);
    await using app = new ManyChats(lost, proxy.url);
    const half = await showHalf(app);
    proxy.cut();
    await lost.close();
    half.answer.emit(...REST.slice(0, 1));
    await using gateway = await startGateway({ broker: await folder.open() });
    proxy.lead(gateway.url);
    half.answer.emit(...REST.slice(1));
    half.answer.end();
    await half.sent;
    assertEquals(half.page.outcome().messages, WHOLE);
  });

  it("ends an answer in an error if a part of it is lost with the log, and shows nothing that followed", async () => {
    await using lost = await startGateway();
    await using pages = await startProxy(lost.url);
    await using producers = await startProxy(lost.url);
    await using app = new ManyChats(lost, producers.url);
    const half = await showHalf(app, { url: pages.url });
    pages.cut();
    half.answer.emit({ type: "text-delta", id: "1", delta: "lost " });
    const witness = app.open("x", [QUESTION], { onError: () => {} });
    const resumed = witness.chat.resumeStream();
    await witness.shows([QUESTION, answerOf("Half an lost ", "streaming")]);
    producers.cut();
    await lost.close();
    await using gateway = await startGateway();
    for (const proxy of [producers, pages]) proxy.lead(gateway.url);
    await finish(half);
    assertEquals(half.page.failure(), [
      "unavailable",
      "Cannot show the answer: a part of it is no longer in the gateway's log",
      HALF,
    ]);
    await resumed;
  });
});

describe("A server that dies in the middle of an answer", () => {
  it("ends the answer in an error, and what came stays shown", async () => {
    await using gateway = await startGateway({ streamLease: "400ms" });
    await using app = new ManyChats(gateway);
    const answering = await startAnswering(gateway, "x");
    const page = app.open("x", [], {
      fetch: () => Promise.resolve(new Response(answering.response)),
    });
    const sent = page.chat.sendMessage(QUESTION);
    await page.shows(HALF);
    const reloaded = app.open("x");
    const resumed = reloaded.chat.resumeStream();
    await reloaded.shows(HALF);
    await answering.kill();
    await Promise.all([sent, resumed]);
    for (const { chat } of [page, reloaded]) {
      assertEquals([chat.status, chat.messages], ["error", HALF]);
      assertEquals(
        chat.error?.message,
        "The stream broke off: nothing came from its producer for too long",
      );
    }
    // The chat can go on with another answer.
    app.answer("x", streamOf([...BEGINNING, ...REST]));
    await reloaded.chat.sendMessage({ ...QUESTION, id: "again" });
    assertEquals(reloaded.chat.status, "ready");
  });
});

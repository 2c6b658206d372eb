import type { RequestOptions } from "../../../core/types/app.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { createTestRealtime } from "../../../server/testing.ts";
import { shareBroker } from "../../support/brokers/shared_broker.ts";
import { appOf } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import {
  approvals,
  codeOf,
  join,
  nextQuestion,
} from "../../support/client/questions.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { until } from "../../support/until.ts";

const DAY_MS = 86_400_000;

/** Returns "answered" for a reply that was accepted, else the code of its error. */
function outcome(reply: Promise<string>): Promise<string> {
  return reply.then(() => "answered", (error) => error.code);
}

describe("realtime.request()", () => {
  let gateway: TestGateway;
  let app: RealtimeApp;

  beforeAll(async () => {
    gateway = await startGateway();
    app = appOf(gateway);
  });
  afterAll(() => gateway.close());

  for (const transport of ["websocket", "sse"] as const) {
    it(`resolves with the reply, by ${transport}`, async () => {
      const user = `by ${transport}`;
      await using person = await join(app, user, { transport });
      const asked = app.request(approvals(user).approval, { text: "Go?" });
      const question = await nextQuestion(person);
      assertEquals(question.data, { text: "Go?" });
      assertEquals(question.replyTopic, "decision");
      await person.reply(question, "yes");
      assertEquals(await asked, true);
    });
  }

  it("resolves with the first reply, and rejects the others with conflict", async () => {
    await using ann = await join(app, "first");
    await using bob = await join(app, "first");
    const asked = app.request(approvals("first").approval, { text: "Go?" });
    const [toAnn, toBob] = [await nextQuestion(ann), await nextQuestion(bob)];
    const [no, yes] = await Promise.all([
      outcome(ann.reply(toAnn, "no")),
      outcome(bob.reply(toBob, "yes")),
    ]);
    assertEquals([no, yes].toSorted(), ["answered", "conflict"]);
    assertEquals(await asked, yes === "answered");
  });

  it("accepts one reply of a subscriber that replies twice", async () => {
    await using person = await join(app, "twice");
    const asked = app.request(approvals("twice").approval, { text: "Go?" });
    const question = await nextQuestion(person);
    assertMatch(await person.reply(question, "no"), /-2$/);
    assertEquals(await codeOf(person.reply(question, "no")), "conflict");
    assertEquals(await asked, false);
  });

  it("assigns replies to the right one of several questions", async () => {
    await using person = await join(app, "several");
    const { approval } = approvals("several");
    const asked = ["One?", "Two?", "Three?"]
      .map((text) => app.request(approval, { text }));
    const questions = [];
    for (const _ of asked) questions.push(await nextQuestion(person));
    for (const question of questions.reverse()) {
      if (question.kind !== "data") continue;
      await person.reply(
        question,
        question.data.text === "Two?" ? "yes" : "no",
      );
    }
    assertEquals(await Promise.all(asked), [false, true, false]);
  });

  it("gets a reply that came before it subscribed", async () => {
    const test = createTestRealtime();
    await using person = await join(test.realtime, "early");
    const { approval } = approvals("early");
    const key = crypto.randomUUID();
    await test.realtime.publish(approval, { text: "Go?" }, { key });
    await person.reply(await nextQuestion(person), "yes");
    // The app asks again after a crash: the same key makes it the same question.
    const again = test.realtime.request(approval, { text: "Go?" }, { key });
    assertEquals(await again, true);
    await test.close();
  });

  it("gets a reply although its connection was lost meanwhile", async () => {
    const test = createTestRealtime();
    await using person = await join(test.realtime, "lost");
    const { approval } = approvals("lost");
    const asked = test.realtime.request(approval, { text: "Go?" });
    const question = await nextQuestion(person);
    test.disconnect();
    await person.reply(question, "yes");
    assertEquals(await asked, true);
    await test.close();
  });

  it("waits for longer than the longest timer of a runtime", async () => {
    for (const timeout of [2 ** 31, 100 * DAY_MS, Infinity]) {
      const user = `for ${timeout} ms`;
      await using person = await join(app, user);
      const { approval } = approvals(user);
      const asked = app.request(approval, { text: "Go?" }, { timeout });
      await person.reply(await nextQuestion(person), "yes");
      assertEquals(await asked, true);
    }
  });

  it("waits with a new token when its session has ended", async () => {
    const renewing = appOf(gateway);
    const { token } = renewing;
    let tokens = 0;
    const renewed = Promise.withResolvers<void>();
    renewing.token = (options) => {
      if (++tokens === 3) renewed.resolve();
      return token({ ...options, sessionExpiresIn: 1 });
    };
    await using person = await join(app, "renewed");
    const asked = renewing.request(approvals("renewed").approval, {
      text: "Go?",
    });
    const question = await nextQuestion(person);
    await renewed.promise;
    await person.reply(question, "yes");
    assertEquals(await asked, true);
  });

  it("asks the gateway to remember its key for as long as it waits, at most a day", async () => {
    const asked: unknown[] = [];
    const watched = createRealtime({
      ...gateway,
      fetch(input, init) {
        asked.push(JSON.parse(String(init?.body)).key_ttl);
        return fetch(input, init);
      },
    });
    const given: RequestOptions[] = [
      {},
      { timeout: "1m" },
      { timeout: "600500ms" },
      { timeout: "3d" },
      { timeout: Infinity },
      { timeout: "3d", keyTtl: 7 },
    ];
    for (const [i, options] of given.entries()) {
      const { approval } = approvals(`key ${i}`);
      await using person = await join(app, `key ${i}`);
      const reply = watched.request(approval, { text: "Go?" }, {
        key: "k",
        ...options,
      });
      await person.reply(await nextQuestion(person), "yes");
      await reply;
    }
    assertEquals(asked, [300, undefined, 601, 86_400, 86_400, 7]);
  });

  it("rejects when no reply comes in time", async () => {
    const { approval } = approvals("nobody");
    const error = await assertRejects(
      () => app.request(approval, { text: "Go?" }, { timeout: "20ms" }),
      RealtimeError,
      "no reply came within 20ms",
    );
    assertEquals(error.code, "timeout");
  });

  it("rejects when its signal aborts, before and during the wait", async () => {
    const { approval } = approvals("aborted");
    const asking = new AbortController();
    await using person = await join(app, "aborted");
    const asked = app.request(approval, { text: "Go?" }, asking);
    await nextQuestion(person);
    asking.abort("Never mind");
    const error = await assertRejects(() => asked, RealtimeError);
    assertEquals([error.code, error.cause], ["aborted", "Never mind"]);
    const again = app.request(approval, { text: "Go?" }, asking);
    assertEquals(await codeOf(again), "aborted");
  });

  it("rejects a question or a reply that doesn't match its schema", async () => {
    await using person = await join(app, "schemas");
    const { approval } = approvals("schemas");
    const wrong = app.request(approval, { text: 1 as never });
    assertEquals(await codeOf(wrong), "invalid_data");

    const code = codeOf(app.request(approval, { text: "Go?" }));
    // The subscriber knows the channel by its name only, and therefore does not check its reply.
    await person.reply(await nextQuestion(person), "perhaps" as never);
    assertEquals(await code, "invalid_data");
  });

  it("waits for more replies at once than a connection may have topics", async () => {
    await using narrow = await startGateway({ maxSubscriptions: 1 });
    const app = appOf(narrow);
    const users = ["ann", "bob", "eve"];
    const asked = users.map((user) =>
      app.request(approvals(user).approval, { text: user })
    );
    for (const user of users) {
      await using person = await join(app, user, { multiplex: false });
      await person.reply(await nextQuestion(person), "yes");
    }
    assertEquals(await Promise.all(asked), [true, true, true]);
  });

  it("waits on where a restarted gateway allows fewer topics on a connection", async () => {
    const memory = new MemoryBroker();
    const broker = shareBroker(memory);
    const wide = await startGateway({ broker: broker(), maxSubscriptions: 2 });
    await using proxy = await startProxy(wide.url);
    const behind = appOf({ ...wide, url: proxy.url });
    const users = ["wide ann", "wide bob"];
    const asked = users.map((user) =>
      behind.request(approvals(user).approval, { text: user })
    );
    await until(async () => {
      const health = await fetch(`${wide.url}/health`);
      return (await health.json()).channels === 2;
    });
    await using narrow = await startGateway({
      broker: broker(),
      maxSubscriptions: 1,
    });
    proxy.lead(narrow.url);
    await wide.close();
    for (const user of users) {
      await using person = await join(appOf(narrow), user);
      await person.reply(await nextQuestion(person), "yes");
    }
    assertEquals(await Promise.all(asked), [true, true]);
    await memory.close();
  });

  it("requires a topic with reply()", async () => {
    const plain = channel("plain").addTopic(topic("t").type<string>());
    await assertRejects(
      () => app.request(plain().t as never, "Go?" as never),
      RealtimeError,
      'topic "t": the topic has no reply()',
    );
  });

  it("rejects when the gateway refuses the question", async () => {
    const stranger = appOf({ url: gateway.url, signingKey: "0".repeat(32) });
    const asked = stranger.request(approvals("1").approval, { text: "Go?" });
    assertEquals(await codeOf(asked), "unauthenticated");
  });
});

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { channel } from "../../../core/channel/channel.ts";
import { topic } from "../../../core/channel/topic.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { createTestRealtime } from "../../../server/testing.ts";
import { appOf } from "../../support/client/client.ts";
import {
  approvals,
  codeOf,
  join,
  nextQuestion,
} from "../../support/client/questions.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { setGlobals } from "../../support/globals.ts";
import { until } from "../../support/until.ts";

const DAYS = { timeout: "3d" } as const;

/** Publishes a question; returns its id. */
async function ask(app: RealtimeApp, user: string): Promise<string> {
  const { id } = await app.publish(approvals(user).approval, { text: "Go?" });
  return id;
}

describe("realtime.waitForReply()", () => {
  let gateway: TestGateway;
  let app: RealtimeApp;

  beforeAll(async () => {
    gateway = await startGateway();
    app = appOf(gateway);
  });
  afterAll(() => gateway.close());

  it("resolves with a reply that comes while it waits", async () => {
    await using person = await join(app, "later");
    const id = await ask(app, "later");
    const question = await nextQuestion(person);
    const reply = app.waitForReply(approvals("later").approval, id, DAYS);
    await person.reply(question, "yes");
    assertEquals(await reply, true);
  });

  it("finds a reply that came before, among many other messages, without a subscription", async () => {
    const { approval } = approvals("before");
    await using person = await join(app, "before");
    const id = await ask(app, "before");
    await person.reply(await nextQuestion(person), "no");
    const replies = approvals("before").decision;
    const others = Array.from({ length: 990 });
    await Promise.all(others.map(() => app.publish(replies, "yes")));
    const asked: string[] = [];
    const watched = createRealtime({
      ...gateway,
      fetch(input, init) {
        asked.push(new URL(String(input)).pathname);
        return fetch(input, init);
      },
    });
    assertEquals(await watched.waitForReply(approval, id), false);
    assertEquals(asked, ["/v1/realtime/history"]);
  });

  it("reads the log page by page, and goes on where it ends", async () => {
    const broker = new MemoryBroker({ historySize: 5000 });
    await using large = await startGateway({ broker });
    const app = appOf(large);
    const { approval, decision } = approvals("pages");
    await using person = await join(app, "pages");
    const first = await ask(app, "pages");
    const question = await nextQuestion(person);
    const fill = () =>
      Promise.all(
        Array.from({ length: 1500 }, () => app.publish(decision, "yes")),
      );
    await fill();
    const reply = app.waitForReply(approval, first);
    await person.reply(question, "no");
    assertEquals(await reply, false);
    await fill();
    assertEquals(await app.waitForReply(approval, first), false);
  });

  it("resolves with the first reply to this question, in any number of waits", async () => {
    await using person = await join(app, "several");
    const { approval } = approvals("several");
    const ids = [await ask(app, "several"), await ask(app, "several")];
    const waits = [...ids, ...ids].map((id) => app.waitForReply(approval, id));
    const [one, two] = [await nextQuestion(person), await nextQuestion(person)];
    await person.reply(two, "yes");
    await person.reply(one, "no");
    assertEquals(await Promise.all(waits), [false, true, false, true]);
    const again = ids.map((id) => app.waitForReply(approval, id));
    assertEquals(await Promise.all(again), [false, true]);
  });

  it("waits for more replies at once than a connection may have topics", async () => {
    await using full = await startGateway({ maxSubscriptions: 1 });
    const app = appOf(full);
    const waits = [];
    for (const user of ["ann", "bob", "cid"]) {
      const { approval } = approvals(user);
      const reply = app.waitForReply(approval, await ask(app, user), DAYS);
      waits.push(reply);
      await until(async () => await app.subscribers(approval.channel) === 1);
    }
    for (const user of ["ann", "bob", "cid"]) {
      await using person = await join(app, user, { multiplex: false });
      await person.reply(await nextQuestion(person), "yes");
    }
    assertEquals(await Promise.all(waits), [true, true, true]);
  });

  it("waits with the gateway in memory, for the tests of apps", async () => {
    const test = createTestRealtime();
    await using person = await join(test.realtime, "memory");
    const id = await ask(test.realtime, "memory");
    const { approval } = approvals("memory");
    const reply = test.realtime.waitForReply(approval, id);
    await person.reply(await nextQuestion(person), "yes");
    assertEquals(await reply, true);
    await test.close();
  });

  it("waits though the log has dropped the question itself", async () => {
    const broker = new MemoryBroker({ historySize: 1 });
    await using small = await startGateway({ broker });
    const app = appOf(small);
    await using person = await join(app, "dropped");
    const id = await ask(app, "dropped");
    const question = await nextQuestion(person);
    await app.publish(approvals("dropped").decision, "no");
    const reply = app.waitForReply(approvals("dropped").approval, id);
    await person.reply(question, "yes");
    assertEquals(await reply, true);
  });

  it("finds a reply that is left in a log without the messages before it", async () => {
    const broker = new MemoryBroker({ historySize: 2 });
    await using small = await startGateway({ broker });
    const app = appOf(small);
    const { approval, decision } = approvals("left");
    await using person = await join(app, "left");
    const id = await ask(app, "left");
    const question = await nextQuestion(person);
    await app.publish(decision, "no");
    await app.publish(decision, "no");
    await person.reply(question, "yes");
    assertEquals(await app.waitForReply(approval, id), true);
  });

  it("rejects with not_found if the reply may be lost", async () => {
    const broker = new MemoryBroker({ historySize: 2 });
    await using small = await startGateway({ broker });
    const app = appOf(small);
    const { approval, decision } = approvals("lost");
    const id = await ask(app, "lost");
    for (let i = 0; i < 3; i++) await app.publish(decision, "no");
    const error = await assertRejects(
      () => app.waitForReply(approval, id, DAYS),
      RealtimeError,
      `Cannot wait for the reply to "${id}": the log of "approvals:lost" does not reach back to it, so the reply may be lost`,
    );
    assertEquals(error.code, "not_found");
    const epoch = id.split("-")[0];
    for (const other of ["00000000-1", `${epoch}-5`]) {
      const code = await codeOf(app.waitForReply(approval, other, DAYS));
      assertEquals(code, "not_found");
    }
  });

  it("waits on, with a warning, when the log is lost meanwhile", async () => {
    const warnings: string[] = [];
    const warned = Promise.withResolvers<void>();
    const restore = setGlobals({
      console: {
        ...console,
        warn(message: unknown) {
          warnings.push(String(message));
          if (String(message).includes("were lost")) warned.resolve();
        },
      },
    });
    try {
      const old = await startGateway();
      await using proxy = await startProxy(old.url);
      const behind = appOf({ ...old, url: proxy.url });
      await using person = await join(appOf(old), "restarted", {
        onError() {},
      });
      const id = await ask(behind, "restarted");
      const question = await nextQuestion(person);
      const { approval } = approvals("restarted");
      const reply = behind.waitForReply(approval, id, DAYS);
      await until(async () => await behind.subscribers(approval.channel) === 2);
      await using next = await startGateway();
      proxy.cut();
      proxy.lead(next.url);
      await old.close();
      await warned.promise;
      // A page that shows the question from before.
      await using page = await join(appOf(next), "restarted");
      await page.reply(question, "yes");
      assertEquals(await reply, true);
      const gaps = warnings.filter((text) => text.includes("were lost"));
      assertEquals(gaps.length, 1);
      assertStringIncludes(gaps[0] ?? "", `between ${id} and `);
    } finally {
      restore();
    }
  });

  it("begins while the gateway is away, and tries again until it is back", async () => {
    await using proxy = await startProxy(gateway.url);
    proxy.cut();
    const restore = setGlobals({
      Math: Object.create(Math, { random: { value: () => 0 } }),
    });
    const patient = Promise.withResolvers<void>();
    let failures = 0;
    const away = createRealtime({
      url: proxy.url,
      signingKey: gateway.signingKey,
      async fetch(input, init) {
        try {
          return await fetch(input, init);
        } catch (error) {
          // A publish would have given up.
          if (++failures > 6) patient.resolve();
          throw error;
        }
      },
    });
    await using person = await join(app, "away");
    const id = await ask(app, "away");
    const reply = away.waitForReply(approvals("away").approval, id, DAYS);
    await patient.promise;
    proxy.lead(gateway.url);
    await person.reply(await nextQuestion(person), "yes");
    assertEquals(await reply, true);
    restore();
  });

  it("rejects when no reply comes in time, also while the gateway is away", async () => {
    const { approval } = approvals("nobody");
    const id = await ask(app, "nobody");
    const error = await assertRejects(
      () => app.waitForReply(approval, id, { timeout: "100ms" }),
      RealtimeError,
      `Cannot wait for the reply to "${id}": no reply came within 100ms`,
    );
    assertEquals(error.code, "timeout");
    await using proxy = await startProxy(gateway.url);
    proxy.cut();
    const away = appOf({ ...gateway, url: proxy.url });
    const late = away.waitForReply(approval, id, { timeout: "100ms" });
    assertEquals(await codeOf(late), "timeout");
  });

  it("rejects when its signal aborts, and the question remains open", async () => {
    const { approval } = approvals("aborted");
    await using person = await join(app, "aborted", { multiplex: false });
    const id = await ask(app, "aborted");
    const waiting = new AbortController();
    const reply = app.waitForReply(approval, id, waiting);
    await until(async () => await app.subscribers(approval.channel) === 2);
    waiting.abort("Never mind");
    const error = await assertRejects(() => reply, RealtimeError);
    assertEquals([error.code, error.cause], ["aborted", "Never mind"]);
    assertEquals(
      await codeOf(app.waitForReply(approval, id, waiting)),
      "aborted",
    );
    await person.reply(await nextQuestion(person), "yes");
    assertEquals(await app.waitForReply(approval, id), true);
  });

  it("rejects a reply that doesn't match its schema", async () => {
    const { approval } = approvals("schema");
    await using person = await join(app, "schema");
    const id = await ask(app, "schema");
    await person.reply(await nextQuestion(person), "perhaps" as never);
    const code = await codeOf(app.waitForReply(approval, id));
    assertEquals(code, "invalid_data");
  });

  it("requires the id of a message, and a topic with reply()", async () => {
    const { approval } = approvals("1");
    for (const id of ["", "1", "k3v9qd2m", "K3V9QD2M-1", undefined as never]) {
      const code = await codeOf(app.waitForReply(approval, id));
      assertEquals(code, "invalid_argument");
    }
    const plain = channel("plain").addTopic(topic("t").type<string>());
    await assertRejects(
      () => app.waitForReply(plain().t as never, "k3v9qd2m-1"),
      RealtimeError,
      "the topic has no reply()",
    );
  });

  it("rejects when the gateway refuses to show its log", async () => {
    const stranger = appOf({ url: gateway.url, signingKey: "0".repeat(32) });
    const id = await ask(app, "strangers");
    const reply = stranger.waitForReply(approvals("strangers").approval, id);
    const code = await codeOf(reply);
    assert(code === "unauthenticated" || code === "invalid_token", code);
  });
});

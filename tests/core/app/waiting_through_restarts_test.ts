import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import {
  freePort,
  type RedisServer,
  startRedis,
} from "../../support/brokers/redis.ts";
import { appOf } from "../../support/client/client.ts";
import {
  approvals,
  codeOf,
  join as joinAs,
  nextQuestion,
  type Person,
} from "../../support/client/questions.ts";
import { Cli } from "../../support/gateway/cli.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { type Proxy, startProxy } from "../../support/gateway/proxy.ts";
import { setGlobals } from "../../support/globals.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const DAYS = { timeout: "30d" } as const;

/** A gateway in a process of its own, which can be killed and started again on the same port and log. */
class RestartedGateway implements AsyncDisposable {
  readonly signingKey = SIGNING_KEY;
  readonly #broker: string;
  #port = 0;
  #cli: Cli | undefined;

  constructor(broker: string) {
    this.#broker = broker;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#port ||= await freePort();
    this.#cli = new Cli([
      ...["--port", `${this.#port}`, "--broker", this.#broker],
      ...["--signing-key", SIGNING_KEY, "--history-ttl", "7d"],
    ]);
    assertEquals(await this.#cli.url(), this.url);
  }

  async kill(): Promise<void> {
    this.#cli?.kill("SIGKILL");
    await this.#cli?.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** Runs code in which every pause between attempts is the shortest one. */
async function withoutBackoff(code: () => Promise<void>): Promise<void> {
  const restore = setGlobals({
    Math: Object.create(Math, { random: { value: () => 0 } }),
  });
  try {
    await code();
  } finally {
    restore();
  }
}

/** Makes the name of a user who has no questions yet. */
function newUser(): string {
  return crypto.randomUUID();
}

/** Subscribes as a page does, which is told of no outage. */
function openPage(app: RealtimeApp, user: string): Promise<Person> {
  return joinAs(app, user, { onError() {} });
}

/** Adds the tests of questions that wait at gateways with a broker that keeps its log. */
function itWaits(brokerUrl: () => string): void {
  let gateway: RestartedGateway;
  let proxy: Proxy;
  /** Reaches the gateway directly, and `behind` through a proxy that can be cut. */
  let app: RealtimeApp;
  let behind: RealtimeApp;

  beforeAll(async () => {
    gateway = new RestartedGateway(brokerUrl());
    await gateway.start();
    proxy = await startProxy(gateway.url);
    app = appOf(gateway);
    behind = appOf({ ...gateway, url: proxy.url, signingKey: SIGNING_KEY });
  });
  afterAll(async () => {
    await proxy.close();
    await gateway.kill();
  });

  it("gets its reply after the gateway was killed and started again", () =>
    withoutBackoff(async () => {
      const user = newUser();
      await using page = await openPage(app, user);
      const { approval } = approvals(user);
      const asked = behind.request(approval, { text: "Go?" }, DAYS);
      const question = await nextQuestion(page);
      await until(async () => await app.subscribers(approval.channel) === 2);
      await gateway.kill();
      await gateway.start();
      await page.reply(question, "yes");
      assertEquals(await asked, true);
    }));

  it("gets a reply that came while the app was disconnected", () =>
    withoutBackoff(async () => {
      const user = newUser();
      await using page = await openPage(app, user);
      const { approval } = approvals(user);
      const asked = behind.request(approval, { text: "Go?" }, DAYS);
      const question = await nextQuestion(page);
      await until(async () => await app.subscribers(approval.channel) === 2);
      proxy.cut();
      await page.reply(question, "no");
      await gateway.kill();
      await gateway.start();
      proxy.lead(gateway.url);
      assertEquals(await asked, false);
    }));

  it("waits for a gateway that is away for many attempts", () =>
    withoutBackoff(async () => {
      const user = newUser();
      await using page = await openPage(app, user);
      const { approval } = approvals(user);
      const asked = behind.request(approval, { text: "Go?" }, DAYS);
      const question = await nextQuestion(page);
      await until(async () => await app.subscribers(approval.channel) === 2);
      const patient = Promise.withResolvers<void>();
      let attempts = 0;
      const { fetch } = globalThis;
      const restore = setGlobals({
        fetch(input: Parameters<typeof fetch>[0], init?: RequestInit) {
          const isAttempt =
            String(input) === `${proxy.url}/v1/realtime/connect`;
          if (isAttempt && ++attempts === 15) patient.resolve();
          return fetch(input, init);
        },
      });
      proxy.cut();
      await patient.promise;
      restore();
      await page.reply(question, "yes");
      proxy.lead(gateway.url);
      assertEquals(await asked, true);
    }));

  it("is waited for again by its id when the gateway and the app were restarted", () =>
    withoutBackoff(async () => {
      const user = newUser();
      const { approval } = approvals(user);
      const key = { key: "refund A-1041", keyTtl: "1d" } as const;
      const { id } = await app.publish(approval, { text: "Go?" }, key);
      const process = new AbortController();
      const { signal } = process;
      const first = app.waitForReply(approval, id, { ...DAYS, signal });
      await until(async () => await app.subscribers(approval.channel) === 1);
      process.abort();
      assertEquals(await codeOf(first), "aborted");
      await gateway.kill();
      await gateway.start();

      const next = appOf(gateway);
      const again = await next.publish(approval, { text: "Go?" }, key);
      assertEquals(again.id, id);
      const reply = next.waitForReply(approval, id, DAYS);
      await using page = await openPage(next, user);
      const question = await nextQuestion(page);
      assertEquals(question.id, id);
      await page.reply(question, "yes");
      assertEquals(await reply, true);
      await gateway.kill();
      await gateway.start();
      assertEquals(await next.waitForReply(approval, id), true);
    }));

  it("has one reply, also after a restart", () =>
    withoutBackoff(async () => {
      const user = newUser();
      await using page = await openPage(app, user);
      const { approval } = approvals(user);
      const { id } = await app.publish(approval, { text: "Go?" });
      const question = await nextQuestion(page);
      await page.reply(question, "no");
      await gateway.kill();
      await gateway.start();
      await using other = await openPage(app, user);
      const second = other.reply(await nextQuestion(other), "yes");
      assertEquals(await codeOf(second), "conflict");
      assertEquals(await app.waitForReply(approval, id), false);
    }));
}

describe("a question at a gateway with SQLite", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidings-waiting-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  itWaits(() => `sqlite:${join(folder, "tidings.db")}`);
});

const withRedis = redisPath() === undefined ? describe.skip : describe;

withRedis("a question at a gateway with Redis", () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());
  itWaits(() => redis.url);
});

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../../core/protocol/errors.ts";
import {
  type LateBroker,
  lateBroker,
} from "../../../support/brokers/late_broker.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { batch, type LineAnswer } from "../../../support/wire/publish.ts";
import { address, claims, tokenFor } from "../../../support/wire/websocket.ts";

const UNAVAILABLE = new RealtimeError("unavailable", "The broker is away");
const TIMEOUT = new RealtimeError("timeout", "The broker took too long");

describe("the lines of a batch whose broker needs time", () => {
  let late: LateBroker;
  let gateway: TestGateway;
  let count = 0;

  beforeAll(async () => {
    late = lateBroker();
    gateway = await startGateway({ broker: late.broker, maxPublishRate: 1 });
  });
  afterAll(() => gateway.close());

  /** Returns lines for some channels. The names that begin with `late` need time. */
  function lines(...channels: readonly string[]): object[] {
    const number = count++;
    return channels.map((channel, data) => ({
      channel: `${channel}:${number}`,
      topic: "t",
      data,
    }));
  }

  /** Answers the next late publish; returns its channel without its number. */
  async function answerNext(error?: RealtimeError): Promise<string> {
    const publish = await late.next();
    publish.answer(error);
    return publish.channel.split(":", 1)[0] ?? "";
  }

  /** Returns the data in the log of a line's channel. */
  async function logOf(line: object | undefined): Promise<unknown[]> {
    const { channel } = Object(line);
    const url = address(gateway, "history", { channel, topic: "t" });
    const authorization = `Bearer ${gateway.signingKey}`;
    const response = await fetch(url, { headers: { authorization } });
    const { messages } = await response.json();
    return messages.map(({ data }: { data: unknown }) => data);
  }

  function outcomes(answers: readonly LineAnswer[]): string[] {
    return answers.map(({ error }) => error?.code ?? "ok");
  }

  it("are published side by side where their channels differ, and get their answers in order", async () => {
    const answering = batch(
      gateway,
      lines("late-a", "late-b", "now", "late-c"),
    );
    const [a, b, c] = [await late.next(), await late.next(), await late.next()];
    for (const publish of [c, a, b]) publish.answer();
    assertEquals(outcomes(await answering), ["ok", "ok", "ok", "ok"]);
  });

  it("follow each other within a channel", async () => {
    const all = lines("late-a", "late-a", "late-b", "late-a");
    const answering = batch(gateway, all);
    const order: string[] = [];
    const a = await late.next();
    order.push(await answerNext());
    assertEquals(order, ["late-b"]);
    a.answer();
    order.push(await answerNext(), await answerNext());
    assertEquals(order, ["late-b", "late-a", "late-a"]);
    assertEquals(outcomes(await answering), ["ok", "ok", "ok", "ok"]);
    assertEquals(await logOf(all[0]), [0, 1, 3]);
  });

  it("are at most 256 at once", async () => {
    const before = late.began;
    const channels = Array.from({ length: 258 }, (_, i) => `late-${i}`);
    const answering = batch(gateway, lines(...channels));
    const first = await late.next();
    // The second batch begins when the first one has started what it may.
    await batch(gateway, lines("now"));
    assertEquals(late.began - before, 256);
    first.answer();
    for (let i = 0; i < 257; i++) await answerNext();
    assertEquals((await answering).length, 258);
  });

  it("are refused with the same error after one of their channel failed for a reason that may pass", async () => {
    const all = lines("late-a", "late-a", "late-b", "late-a", "late-b");
    const answering = batch(gateway, all);
    await answerNext(TIMEOUT);
    assertEquals([await answerNext(), await answerNext()], [
      "late-b",
      "late-b",
    ]);
    const answers = await answering;
    assertEquals(outcomes(answers), [
      "timeout",
      "timeout",
      "ok",
      "timeout",
      "ok",
    ]);
    assertEquals(answers[3], answers[0]);
    assertEquals(await logOf(all[0]), []);
  });

  it("are all refused that were not begun when the broker went away", async () => {
    const all = lines("late-a", "late-b", "late-a", "late-b", "late-c");
    // 256 lines are under way before the last one.
    const many = [...all, ...Array<object>(252).fill(all[0] ?? {})];
    const last = lines("now");
    const answering = batch(gateway, [...many, ...last]);
    const [a, b, c] = [await late.next(), await late.next(), await late.next()];
    a.answer(UNAVAILABLE);
    b.answer();
    c.answer();
    const codes = outcomes(await answering);
    assertEquals(codes.slice(0, 5), [
      "unavailable",
      "ok",
      "unavailable",
      "unavailable",
      "ok",
    ]);
    assertEquals(new Set(codes.slice(5)), new Set(["unavailable"]));
    assertEquals(await logOf(last[0]), []);
  });

  it("are all refused that were not begun when the rate refused one", async () => {
    // The burst of the rate is two messages: "late" and "a" take them.
    const [begin, a, refused, ...others] = lines(
      "late",
      "a",
      "a",
      ...Array<string>(255).fill("late"),
      "a",
      "b",
    );
    const bearer = await tokenFor(gateway, ["x/t"], { publish: true });
    const answering = batch(
      gateway,
      [begin, a, refused, ...others] as object[],
      bearer,
    );
    const first = await late.next();
    // When another batch has its answer, 256 lines of this one are under way, and the last two have not begun. Then the clock would allow
    // two further messages, but the retry of what failed must keep its order.
    await batch(gateway, lines("now"));
    const { now } = performance;
    performance.now = () => now.call(performance) + 10_000;
    try {
      first.answer();
      const codes = outcomes(await answering);
      assertEquals(codes.slice(0, 2), ["ok", "ok"]);
      assertEquals(codes.slice(2), Array(258).fill("rate_limited"));
      assertEquals(await logOf(a), [1]);
    } finally {
      performance.now = now;
    }
  });

  it("that are malformed hold up nothing", async () => {
    const [now = {}] = lines("now");
    const answers = await batch(gateway, ["no JSON", now, { topic: "t" }, now]);
    assertEquals(outcomes(answers), [
      "invalid_json",
      "ok",
      "invalid_argument",
      "ok",
    ]);
  });
});

describe("the lines of a batch whose broker keeps the order of the calls", () => {
  const line = (data: number, fields: object = {}) => (
    { channel: "late", topic: "t", data, ...fields }
  );

  it("are all given to the broker before the first one is published", async () => {
    const late = lateBroker({ keepsCallOrder: true });
    await using gateway = await startGateway({ broker: late.broker });
    const answering = batch(gateway, [1, 2, 3].map((data) => line(data)));
    const publishes = [await late.next(), await late.next(), await late.next()];
    for (const publish of publishes) publish.answer();
    const ids = (await answering).map(({ id = "" }) => id.slice(8));
    assertEquals(ids, ["-1", "-2", "-3"]);
  });

  it("wait for a line of a data stream, and such a line waits for them", async () => {
    const late = lateBroker({ keepsCallOrder: true });
    await using gateway = await startGateway({ broker: late.broker });
    const start = { kind: "datastream-start", stream_id: "s" };
    const lines = [line(1), line(2), line(3, start), line(4), line(5)];
    const answering = batch(gateway, lines);
    const [one, two] = [await late.next(), await late.next()];
    one.answer();
    assertEquals(late.began, 2);
    two.answer();
    for (let i = 3; i <= 5; i++) (await late.next()).answer();
    const ids = (await answering).map(({ id = "" }) => id.slice(8));
    assertEquals(ids, ["-1", "-2", "-3", "-4", "-5"]);
  });

  it("of clients with tokens wait for each other, because a schema may take its time", async () => {
    const late = lateBroker({ keepsCallOrder: true });
    await using gateway = await startGateway({ broker: late.broker });
    const token = await tokenFor(gateway, ["late/t"], {
      publish: claims(["late/t"]),
    });
    const answering = batch(gateway, [line(1), line(2)], token);
    const one = await late.next();
    assertEquals(late.began, 1);
    one.answer();
    (await late.next()).answer();
    assertEquals((await answering).length, 2);
  });
});

import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { parseId, type Position } from "../../../core/protocol/id.ts";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type { Broker } from "../../../server/brokers/broker.ts";
import { until } from "../until.ts";
import { type ContractOptions, listen, message } from "./broker_contract.ts";

/** Publishes a message and returns its position. */
async function ask(broker: Broker): Promise<Position> {
  const [id] = await broker.publish("c", [message("?", "q")]);
  const position = parseId(id);
  assert(position);
  return position;
}

/** Replies in topic `a`; returns the offset and the key of the first reply. */
async function reply(
  broker: Broker,
  question: Position,
  key: string,
  topic = "a",
): Promise<[number | undefined, string | undefined]> {
  const target = { ...question, key };
  const first = await broker.reply("c", message(key, topic), target);
  return [parseId(first?.id)?.offset, first?.key];
}

/**
 * Adds the tests of replies to a `describe` of the broker contract.
 *
 * @param create Makes a broker whose channels are all new.
 */
export function itKeepsReplies(
  create: (options?: ContractOptions) => MaybePromise<Broker>,
): void {
  async function using(
    test: (broker: Broker) => Promise<void>,
    options?: ContractOptions,
  ): Promise<void> {
    const broker = await create(options);
    try {
      await test(broker);
    } finally {
      await broker.close();
    }
  }

  it("appends the first reply, and returns it to all others", () =>
    using(async (broker) => {
      const listener = listen();
      await broker.subscribe("c", listener);
      const question = await ask(broker);
      const key = 'a:b\n"🙂';
      const replies = await Promise.all(
        [key, "other", key].map((key) => reply(broker, question, key)),
      );
      assertEquals(replies, [[2, key], [2, key], [2, key]]);
      await broker.publish("c", [message(3)]);
      await until(() => listener.offsets.length === 3);
      const { entries, top } = await broker.read("c", 0, 9, 1e9);
      assertEquals(top, 3);
      assertEquals(entries.map(({ json }) => JSON.parse(json).data), [
        "?",
        key,
        3,
      ]);
      assertEquals(listener.heard.map(({ ...entry }) => entry), [...entries]);
    }));

  it("counts replies for each message, topic and channel", () =>
    using(async (broker) => {
      const [one, two] = [await ask(broker), await ask(broker)];
      assertEquals(await reply(broker, one, "x"), [3, "x"]);
      assertEquals(await reply(broker, two, "x"), [4, "x"]);
      assertEquals(await reply(broker, one, "x", "b"), [5, "x"]);
      const target = { ...one, key: "y" };
      const elsewhere = await broker.reply("d", message(1, "a"), target);
      assertEquals(elsewhere?.key, "y");
    }));

  it("appends no reply to a message that its log hasn't reached, but one to a message of a lost log", () =>
    using(async (broker) => {
      const { epoch } = await ask(broker);
      const none = [undefined, undefined] as [undefined, undefined];
      assertEquals(await reply(broker, { epoch, offset: 2 }, "x"), none);
      const lost = { epoch: "00000000", offset: 7 };
      assertEquals(await reply(broker, lost, "x"), [2, "x"]);
      assertEquals(await reply(broker, lost, "y"), [2, "x"]);
      assertEquals(await reply(broker, { epoch, offset: 2 }, "z"), [3, "z"]);
    }));

  it("knows the first reply while the log holds it, though idempotency keys have expired", () =>
    using(async (broker) => {
      const question = await ask(broker);
      await reply(broker, question, "x");
      await broker.publish("c", [message(1)], "k");
      await until(async () => {
        const [id] = await broker.publish("c", [message(2)], "k");
        return parseId(id)?.offset !== 3;
      });
      assertEquals(await reply(broker, question, "y"), [2, "x"]);
    }, { keyTtl: "5ms" }));

  it("knows the first reply for the time that its publisher asks for, though the log has dropped it", () =>
    using(async (broker) => {
      const question = await ask(broker);
      const target = { ...question, key: "x", keyTtlMs: 60_000 };
      const first = await broker.reply("c", message(1, "a"), target);
      for (let i = 0; i < 3; i++) await broker.publish("c", [message(i)], "k");
      await until(async () => {
        await broker.publish("c", [message(1)], "k");
        return (await broker.read("c", 0, 9, 1e9)).first > 3;
      });
      const again = { ...question, key: "y" };
      assertEquals(await broker.reply("c", message(2, "a"), again), first);
    }, { keyTtl: "5ms", historySize: 1 }));

  it("knows the first reply for 2 minutes, though the log has dropped it", () =>
    using(async (broker) => {
      const question = await ask(broker);
      await reply(broker, question, "x");
      for (let i = 0; i < 3; i++) await broker.publish("c", [message(i)]);
      assertEquals((await broker.read("c", 0, 9, 1e9)).first, 4);
      assertEquals(await reply(broker, question, "y"), [2, "x"]);
    }, { historySize: 2 }));
}

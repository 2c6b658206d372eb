import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import {
  channel,
  createRealtime,
  getSubscriptionToken,
  type Realtime,
  RealtimeError,
  subscribe,
  topic,
} from "../../../mod.ts";
import {
  createTestRealtime,
  type TestRealtime,
} from "../../../server/testing.ts";

const uploads = channel((userId: string) => `uploads:${userId}`)
  .addTopic(topic("progress").type<{ percent: number }>())
  .addTopic(topic("log").type<string>());

/** Code under test. */
async function work(
  realtime: { publish: Realtime.PublishFn },
  userId: string,
): Promise<void> {
  const { progress, log } = uploads(userId);
  await realtime.publish(progress({ percent: 50 }));
  await realtime.publish(log("Half of it is done"));
  await realtime.publish(progress({ percent: 100 }));
}

describe("createTestRealtime()", () => {
  let test: TestRealtime;

  beforeEach(() => {
    test = createTestRealtime();
  });

  afterEach(async () => {
    await test.close();
  });

  it("messages() returns the messages of a channel in order", async () => {
    await work(test.realtime, "42");
    await work(test.realtime, "43");
    assertEquals(await test.messages(uploads("42")), [
      { topic: "progress", data: { percent: 50 } },
      { topic: "log", data: "Half of it is done" },
      { topic: "progress", data: { percent: 100 } },
    ]);
    assertEquals(await test.messages("uploads:44"), []);
  });

  it("messages() is typed by the channel", async () => {
    await work(test.realtime, "42");
    const [first] = await test.messages(uploads("42"));
    assert(first?.topic === "progress");
    // Compiles only if the data have the topic's type.
    assertEquals(first.data.percent.toFixed(1), "50.0");
  });

  it("messages() returns more than a page of the gateway's history", async () => {
    const { log } = uploads("42");
    for (let n = 0; n < 120; n++) await test.realtime.publish(log(`${n}`));
    const messages = await test.messages(uploads("42"));
    assertEquals(messages.length, 120);
    assertEquals(messages.at(-1)?.data, "119");
  });

  it("messages() returns a data stream of text as one message", async () => {
    async function* words() {
      yield "one ";
      yield "two";
    }
    await test.realtime.publish(uploads("42").log(words()));
    await test.realtime.publish(uploads("42").log("three"));
    assertEquals(await test.messages(uploads("42")), [
      { topic: "log", data: "one two" },
      { topic: "log", data: "three" },
    ]);
  });

  it("messages() returns a data stream of other data as one message with their list", async () => {
    async function* steps() {
      yield { percent: 1 };
      yield { percent: 2 };
    }
    await test.realtime.publish(uploads("42").progress(steps()));
    assertEquals<unknown>(await test.messages("uploads:42"), [
      { topic: "progress", data: [{ percent: 1 }, { percent: 2 }] },
    ]);
  });

  it("messages() marks a data stream that failed, and one that is open", async () => {
    async function* failing() {
      yield "one ";
      throw new Error("The model is busy");
    }
    await assertRejects(() =>
      test.realtime.publish(uploads("42").log(failing()))
    );
    const [failed] = await test.messages(uploads("42"));
    assertEquals(failed?.data, "one ");
    assert(failed?.error, "there is no error");

    const goOn = Promise.withResolvers<void>();
    async function* waiting() {
      yield "two ";
      await goOn.promise;
    }
    const published = test.realtime.publish(uploads("43").log(waiting()));
    const token = await getSubscriptionToken(test.realtime, {
      channel: uploads("43"),
      topics: ["log"],
    });
    for await (const { kind } of await subscribe(token, { from: "start" })) {
      if (kind === "chunk") break;
    }
    const open = { topic: "log" as const, data: "two ", isOpen: true as const };
    assertEquals(await test.messages(uploads("43")), [open]);
    goOn.resolve();
    await published;
    assertEquals(await test.messages(uploads("43")), [
      { topic: "log", data: "two " },
    ]);
  });

  it("messages() returns the kind of messages that are not plain data", async () => {
    const data = { status: "running" };
    const message = { channel: "user:1", topic: "$run", data };
    await test.realtime.publish(message, { kind: "run" });
    assertEquals(await test.messages("user:1"), [
      { topic: "$run", data, kind: "run" },
    ]);
  });

  it("is reached by subscribe() with a token, which resumes after a disconnect", async () => {
    const token = await getSubscriptionToken(test.realtime, {
      channel: uploads("42"),
      topics: ["log"],
    });
    const states: string[] = [];
    const messages = await subscribe(token, {
      onState: (state) => states.push(state),
    });
    await test.realtime.publish(uploads("42").log("before"));
    const seen: unknown[] = [];
    for await (const { data } of messages) {
      seen.push(data);
      if (seen.length === 1) {
        test.disconnect();
        await test.realtime.publish(uploads("42").log("meanwhile"));
      }
      if (seen.length === 2) break;
    }
    assertEquals(seen, ["before", "meanwhile"]);
    assertEquals(states.filter((state) => state === "open").length, 2);
  });

  it("is reached by another createRealtime() with its URL and key", async () => {
    const { url, signingKey } = test;
    await work(createRealtime({ url, signingKey }), "42");
    assertEquals((await test.messages(uploads("42"))).length, 3);
  });

  it("refuses a message that is too large, as every gateway does", async () => {
    const small = createTestRealtime({ maxMessageBytes: 10 });
    const error = await assertRejects(
      () => small.realtime.publish(uploads("42").log("far too long")),
      RealtimeError,
    );
    assertEquals(error.code, "too_large");
    assertEquals(await small.messages(uploads("42")), []);
    await small.close();
  });

  it("shares no channel with another test", async () => {
    const other = createTestRealtime();
    await work(other.realtime, "42");
    assertEquals(await test.messages(uploads("42")), []);
    assertEquals((await other.messages(uploads("42"))).length, 3);
    await other.close();
  });

  it("ends its subscriptions for good when it is closed", async () => {
    const token = await getSubscriptionToken(test.realtime, {
      channel: uploads("42"),
      topics: ["log"],
    });
    const messages = await subscribe(token);
    await test.close();
    const error = await assertRejects(async () => {
      for await (const message of messages) throw new Error(message.id);
    }, RealtimeError);
    assertEquals(error.code, "forbidden");
  });
});

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { UIMessage } from "ai";
import { textOf } from "../support/ai/chat_app.ts";
import { SavingApp } from "../support/ai/saving_app.ts";
import { signal } from "../support/client/client.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { PAIR_BROKERS, startPair } from "../support/gateway/pair.ts";
import { until } from "../support/until.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const NEVER = new Promise<never>(() => {});
const SECOND: UIMessage = {
  id: "2",
  role: "user",
  parts: [{ type: "text", text: "Second?" }],
};
const IN_ORDER = ["First?", "Half", "Second?", "Half and half"];

describe("A question after an answer that was stopped", () => {
  it("is saved after that answer, which the model is told", async () => {
    const app = new SavingApp(gateway);
    app.rest = NEVER;
    const responded = [signal(), signal()];
    let count = 0;
    const chat = app.open("same", () => responded[count++]?.resolve());
    // Without an order of the two, the second question is saved while the first answer waits.
    app.beforeSave = () => responded[1]?.promise;
    const first = chat.sendMessage({ text: "First?" });
    await until(() => textOf(chat.lastMessage) === "Half");
    await chat.stop();
    app.rest = Promise.resolve();
    await chat.sendMessage({ text: "Second?" });
    await first;
    await Promise.all(app.ends);
    assertEquals(chat.messages.map(textOf), IN_ORDER);
    assertEquals(app.texts, IN_ORDER);
    assertEquals(app.prompts, [["First?"], IN_ORDER.slice(0, 3)]);
  });

  it("is saved after that answer if another window asks it", async () => {
    const app = new SavingApp(gateway);
    app.rest = NEVER;
    const responded = signal();
    const [one, two] = [
      app.open("other"),
      app.open("other", responded.resolve),
    ];
    app.beforeSave = () => responded.promise;
    const first = one.sendMessage({ text: "First?" });
    await until(() => textOf(one.lastMessage) === "Half");
    const resumed = two.resumeStream();
    await until(() => textOf(two.lastMessage) === "Half");
    app.rest = Promise.resolve();
    await one.stop();
    await resumed;
    await two.sendMessage({ text: "Second?" });
    await first;
    await Promise.all(app.ends);
    assertEquals(app.texts, IN_ORDER);
  });

  it("is saved after that answer if it replaces it", async () => {
    const app = new SavingApp(gateway);
    app.rest = NEVER;
    const chat = app.open("replaced");
    const responded = signal();
    app.beforeSave = () => responded.promise;
    const first = chat.sendMessage({ text: "First?" });
    await until(() => textOf(chat.lastMessage) === "Half");
    app.rest = Promise.resolve();
    await app.ask("replaced", SECOND, { whileRunning: "replace" });
    responded.resolve();
    await first;
    await Promise.all(app.ends);
    assertEquals(app.texts, IN_ORDER);
  });

  it("is saved after the question of an answer that is stopped before it asks the model", async () => {
    const app = new SavingApp(gateway);
    app.rest = NEVER;
    const responded = [signal(), signal()];
    let count = 0;
    const chat = app.open("early", () => responded[count++]?.resolve());
    const opened = signal();
    app.beforeModel = () => {
      app.beforeModel = () => {};
      opened.resolve();
      return responded[1]?.promise;
    };
    const first = chat.sendMessage({ text: "First?" });
    await opened.promise;
    await responded[0]?.promise;
    await chat.stop();
    app.rest = Promise.resolve();
    await chat.sendMessage({ text: "Second?" });
    await first;
    await Promise.all(app.ends);
    const roles = app.saved.map(({ role }) => role);
    assertEquals(roles, ["user", "assistant", "user", "assistant"]);
    assertEquals(app.texts.at(2), "Second?");
  });
});

/** Asks the first question in chat `1`, and stops its answer in the middle. */
async function askAndStop(app: SavingApp): Promise<void> {
  app.rest = NEVER;
  const chat = app.open("1");
  const asked = chat.sendMessage({ text: "First?" });
  await until(() => textOf(chat.lastMessage) === "Half");
  await chat.stop();
  await asked;
}

for (const broker of PAIR_BROKERS) {
  describe(`A question that another process answers: ${broker}`, () => {
    it("is saved after the answer that was stopped", async () => {
      const pair = await startPair(broker);
      // Each stands for a process of the app, with a gateway of its own. They save in the same place.
      const [one, other] = [new SavingApp(pair.a), new SavingApp(pair.b)];
      const responded = signal();
      one.beforeSave = () => responded.promise;
      other.beforeModel = () => one.saved.push(...other.saved);
      await askAndStop(one);
      await other.ask("1", SECOND);
      responded.resolve();
      await Promise.all([...one.ends, ...other.ends]);
      assertEquals([...one.texts, ...other.texts.slice(1)], IN_ORDER);
      await pair.close();
    });
  });
}

describe("A question that another process answers", () => {
  it("is answered after a while where the stopped answer is not saved", async () => {
    const pair = await startPair("memory");
    const [one, other] = [new SavingApp(pair.a), new SavingApp(pair.b)];
    const saved = signal();
    one.beforeSave = () => saved.promise;
    await askAndStop(one);
    await other.ask("1", SECOND);
    await Promise.all(other.ends);
    assertEquals(other.texts, ["Second?", "Half and half"]);
    saved.resolve();
    await Promise.all(one.ends);
    await pair.close();
  });
});

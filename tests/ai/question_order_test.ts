import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { textOf } from "../support/ai/chat_app.ts";
import { SavingApp } from "../support/ai/saving_app.ts";
import { signal } from "../support/client/client.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { until } from "../support/until.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const NEVER = new Promise<never>(() => {});
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
    const question = {
      id: "2",
      role: "user",
      parts: [{ type: "text", text: "Second?" }],
    } as const;
    const options = { whileRunning: "replace" } as const;
    await app.ask(
      "replaced",
      { ...question, parts: [...question.parts] },
      options,
    );
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

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessage } from "ai";
import { SavingApp } from "../support/ai/saving_app.ts";
import { signal } from "../support/client/client.ts";
import { PAIR_BROKERS, startPair } from "../support/gateway/pair.ts";
import { endsOf, logOf } from "../support/wire/streams.ts";

const QUESTION: UIMessage = {
  id: "q",
  role: "user",
  parts: [{ type: "text", text: "When?" }],
};

for (const broker of PAIR_BROKERS) {
  describe(`A request to publishChat() that is repeated with its key: ${broker}`, () => {
    it("joins the running answer, from the same process and from another, and finds it when it has ended", async () => {
      const pair = await startPair(broker);
      // Each stands for a process of the app, with a gateway of its own.
      const [one, other] = [new SavingApp(pair.a), new SavingApp(pair.b)];
      for (const whileRunning of ["refuse", "replace"] as const) {
        const rest = signal();
        one.rest = rest.promise;
        const ask = async (app: SavingApp) => {
          const options = { key: "k", whileRunning };
          const response = await app.ask(whileRunning, QUESTION, options);
          return [response.status, await response.json()];
        };
        const both = await Promise.all([ask(one), ask(one)]);
        const joined = [...both, await ask(other), await ask(one)];
        rest.resolve();
        await Promise.all([...one.ends, ...other.ends]);
        const [first] = joined;
        for (const app of [one, other]) joined.push(await ask(app));
        assertEquals(joined, joined.map(() => first));
        assertEquals(first?.[0], 200);
        const log = await logOf(pair.a, `chat:${whileRunning}`);
        const streamId = Object(first?.[1]).stream_id;
        assertEquals(endsOf(log), [[streamId, undefined]]);
      }
      assertEquals(one.prompts.length, 2);
      assertEquals(one.texts, [
        ...["When?", "Half and half"],
        ...["When?", "Half and half"],
      ]);
      assertEquals([other.prompts, other.saved], [[], []]);
      await pair.close();
    });

    it("joins an answer that another process begins at the same moment at another gateway", async () => {
      const pair = await startPair(broker);
      const apps = [new SavingApp(pair.a), new SavingApp(pair.b)];
      const ids = Array.from({ length: 15 }, (_, i) => `chat-${i}`);
      const rest = signal();
      for (const app of apps) app.rest = rest.promise;
      for (const id of ids) {
        const [one, other] = await Promise.all(apps.map(async (app) => {
          const response = await app.ask(id, QUESTION, { key: "k" });
          return [response.status, await response.json()];
        }));
        assertEquals(one?.[0], 200);
        assertEquals(other, one);
      }
      rest.resolve();
      await Promise.all(apps.flatMap(({ ends }) => ends));
      assertEquals(apps.flatMap(({ prompts }) => prompts).length, ids.length);
      await pair.close();
    });
  });
}

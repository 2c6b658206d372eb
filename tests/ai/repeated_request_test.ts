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
  });
}

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { AsyncLocalStorage } from "node:async_hooks";
import { StepScope } from "../../middleware/step_scope.ts";
import { ownAsyncContext } from "../inngest/sdk.ts";

/** Puts there what Inngest's SDK keeps its async context in. */
function setInngestContext(held: unknown): void {
  Reflect.set(globalThis, Symbol.for("inngest:als"), held);
}

describe("StepScope", () => {
  let restore: () => void;

  beforeAll(() => {
    restore = ownAsyncContext();
  });

  afterAll(() => restore());

  it("is outside of every step where Inngest runs nothing", async () => {
    setInngestContext(undefined);
    assertEquals(await new StepScope().current(), undefined);
  });

  it("knows the step from what is called in it, later as well, and nothing else", async () => {
    setInngestContext({ promise: Promise.resolve(new AsyncLocalStorage()) });
    const scope = new StepScope();
    const ended = Promise.withResolvers<void>();
    const { inside, later } = await scope.enter("a", async () => ({
      inside: await scope.current(),
      later: ended.promise.then(() => scope.current()),
      outside: await new StepScope().current(),
    }));
    ended.resolve();
    assertEquals(inside?.stepId, "a");
    assertEquals(await later, inside);
    assertEquals(await scope.current(), undefined);
  });

  it("keeps parallel steps apart", async () => {
    setInngestContext(Promise.resolve(new AsyncLocalStorage()));
    const scope = new StepScope();
    const ids = await Promise.all(
      ["a", "b"].map((id) =>
        scope.enter(id, async () => {
          await new Promise((resolve) => setTimeout(resolve));
          return (await scope.current())?.stepId;
        })
      ),
    );
    assertEquals(ids, ["a", "b"]);
  });

  it("does not know the step of another run", async () => {
    setInngestContext(Promise.resolve(new AsyncLocalStorage()));
    const other = new StepScope();
    const step = await new StepScope().enter("a", () => other.current());
    assertEquals(step, undefined);
  });

  it("knows the only step that is executed where the runtime has no async contexts", async () => {
    // What the SDKs put there in such a runtime.
    const standIn = {
      getStore: () => undefined,
      run: (_: unknown, callback: () => unknown) => callback(),
    };
    for (const held of [Promise.resolve(standIn), { promise: standIn }]) {
      setInngestContext(held);
      const scope = new StepScope();
      const step = await scope.enter("a", () => scope.current());
      assertEquals(step?.stepId, "a");
      assertEquals(await scope.current(), undefined);
    }
  });

  it("counts on in a step that it was not told of", async () => {
    for (
      const store of [
        { execution: { executingStep: { id: "ai" } } },
        { executingStep: { id: "ai" } },
      ]
    ) {
      const storage = new AsyncLocalStorage();
      setInngestContext(Promise.resolve(storage));
      const scope = new StepScope();
      const counts = await storage.run(store, async () => {
        const counts = [];
        for (let i = 0; i < 2; i++) {
          const attempt = await scope.current();
          assertEquals(attempt?.stepId, "ai");
          if (attempt) counts.push(attempt.published++);
        }
        return counts;
      });
      assertEquals(counts, [0, 1]);
    }
  });
});

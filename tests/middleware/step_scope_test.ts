import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { AsyncLocalStorage } from "node:async_hooks";
import { StepScope } from "../../middleware/step_scope.ts";
import { ownAsyncContext } from "../inngest/sdk.ts";

/** Sets the global in which Inngest's SDK keeps its async context. */
function setInngestContext(held: unknown): void {
  Reflect.set(globalThis, Symbol.for("inngest:als"), held);
}

describe("StepScope", () => {
  let restore: () => void;

  beforeAll(() => {
    restore = ownAsyncContext();
  });

  afterAll(() => restore());

  it("has no current step if Inngest runs nothing", async () => {
    setInngestContext(undefined);
    assertEquals(await new StepScope().current(), undefined);
  });

  it("recognizes code that a step calls, also later, and no other code", async () => {
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

  it("distinguishes parallel steps", async () => {
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

  it("ignores the step of another run", async () => {
    setInngestContext(Promise.resolve(new AsyncLocalStorage()));
    const other = new StepScope();
    const step = await new StepScope().enter("a", () => other.current());
    assertEquals(step, undefined);
  });

  it("recognizes the only executing step if the runtime has no async contexts", async () => {
    // The SDKs use such an object in such a runtime.
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

  it("keeps counting in a step that it did not run itself", async () => {
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

import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { InCallOrder } from "../../middleware/in_call_order.ts";

describe("InCallOrder", () => {
  it("starts actions in the order of the calls, whichever is ready first", async () => {
    const order = new InCallOrder();
    const first = Promise.withResolvers<string>();
    const started: string[] = [];
    const start = (ready: Promise<string>): Promise<string> =>
      order.start(ready, (value) => {
        started.push(value);
        return Promise.resolve(`${value} is done`);
      });
    const both = Promise.all([
      start(first.promise),
      start(Promise.resolve("second")),
    ]);
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(started, []);
    first.resolve("first");
    assertEquals(await both, ["first is done", "second is done"]);
    assertEquals(started, ["first", "second"]);
  });

  it("does not wait for the end of an action", async () => {
    const order = new InCallOrder();
    const first = Promise.withResolvers<void>();
    const results = [
      order.start(Promise.resolve(), () => first.promise),
      order.start(Promise.resolve(), () => Promise.resolve(first.resolve())),
    ];
    await Promise.all(results);
  });

  it("goes on after a call that was not ready, and after an action that failed", async () => {
    const order = new InCallOrder();
    const failed = [
      order.start(
        Promise.reject(new Error("Not ready")),
        () => Promise.resolve(),
      ),
      order.start(Promise.resolve(), () => Promise.reject(new Error("Failed"))),
    ];
    const last = order.start(Promise.resolve(1), (n) => Promise.resolve(n + 1));
    for (const [i, message] of ["Not ready", "Failed"].entries()) {
      await assertRejects(() => failed[i] as Promise<unknown>, Error, message);
    }
    assertEquals(await last, 2);
  });
});

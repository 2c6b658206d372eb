import { InngestTestEngine } from "@inngest/test";
import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Inngest } from "inngest";
import { realtimeMiddleware } from "../../middleware.ts";
import { ownAsyncContext, uniqueName } from "../inngest/sdk.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { readHistory } from "./history.ts";

describe("realtimeMiddleware() in @inngest/test", () => {
  let gateway: TestGateway;
  let restore: () => void;

  beforeAll(async () => {
    restore = ownAsyncContext();
    gateway = await startGateway();
  });

  afterAll(async () => {
    await gateway.close();
    restore();
  });

  it("publishes once inside a step and once outside of steps", async () => {
    const name = uniqueName("user");
    const client = new Inngest({
      id: "app",
      isDev: true,
      middleware: [
        realtimeMiddleware({
          url: gateway.url,
          signingKey: gateway.signingKey,
          lifecycle: name,
        }),
      ],
    });
    const greet = client.createFunction(
      { id: "greet", triggers: [{ event: "app/greet" }] },
      async ({ event, step, publish }) => {
        const greeting = await step.run("greet", async () => {
          const data = `Hello, ${event.data.name}`;
          await publish({ channel: name, topic: "ai", data });
          return data;
        });
        await publish({ channel: name, topic: "ai", data: "Bye" });
        return greeting;
      },
    );

    const { result, error } = await new InngestTestEngine({
      function: greet,
      events: [{ name: "app/greet", data: { name: "Ada" } }],
    }).execute();

    assertEquals(error, undefined);
    assertEquals(result, "Hello, Ada");
    const log = await readHistory(gateway, name);
    assertEquals(
      log.filter(({ kind }) => kind === "data").map(({ data }) => data),
      ["Hello, Ada", "Bye"],
    );
    assertEquals(
      log.filter(({ kind }) => kind === "run").map(({ data }) =>
        Object(data).status
      ),
      ["running", "completed"],
    );
    assertEquals(log[0]?.fn_slug, "app-greet");
  });

  it("runs a single step", async () => {
    const name = uniqueName("user");
    const client = new Inngest({
      id: "app",
      isDev: true,
      middleware: [
        realtimeMiddleware({
          url: gateway.url,
          signingKey: gateway.signingKey,
        }),
      ],
    });
    const work = client.createFunction(
      { id: "work", triggers: [{ event: "app/work" }] },
      async ({ step, publish }) => {
        await step.run("one", () => 1);
        await step.run(
          "two",
          () => publish({ channel: name, topic: "ai", data: 2 }),
        );
      },
    );
    const engine = new InngestTestEngine({ function: work });
    await engine.executeStep("two", {
      steps: [{ id: "one", handler: () => 1 }],
    });
    const log = await readHistory(gateway, name);
    assertEquals(log.map(({ data }) => data), [2]);
  });
});

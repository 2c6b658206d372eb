import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Inngest, step as importedStep } from "inngest";
import { serve } from "inngest/edge";
import { channel as inngestChannel } from "inngest/realtime";
import { z } from "zod";
import { channel } from "../../core/channel/channel.ts";
import { topic } from "../../core/channel/topic.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { realtimeMiddleware } from "../../middleware.ts";
import { uniqueName } from "../inngest/sdk.ts";
import { executeRun, newRunId, type RunOutcome } from "./executor.ts";
import { readHistory } from "./history.ts";
import { useSdkTraffic } from "./sdk_traffic.ts";

const schema = z.object({ response: z.string() });
const ours = channel((name: string) => name)
  .addTopic(topic("ai").schema(schema));
const theirs = inngestChannel({
  name: (name: string) => name,
  topics: { ai: { schema } },
});

describe("the realtime functions of an inngest 4 client beside realtimeMiddleware()", () => {
  const traffic = useSdkTraffic();

  function createClient(middleware = [realtimeMiddleware(traffic.gateway)]) {
    return new Inngest({
      ...traffic.options,
      checkpointing: false,
      middleware,
    });
  }

  /** Runs a function of a client as Inngest's executor does. */
  async function run(
    client: Inngest.Any,
    fn: Parameters<typeof serve>[0]["functions"][number],
    runId = newRunId(),
  ): Promise<RunOutcome> {
    const handler = serve({ client, functions: [fn] });
    return await executeRun(handler, { functionId: "app-fn", runId });
  }

  const options = { id: "fn", triggers: [{ event: "test/run" }] };

  it("publish to the gateway as a step, whose result is the data", async () => {
    const name = uniqueName("user");
    const runId = newRunId();
    const client = createClient();
    const fn = client.createFunction(options, async ({ step, attempt }) => {
      const results = [
        await step.realtime.publish("one", ours(name).ai, { response: "1" }),
        await step.realtime.publish("two", theirs(name).ai, { response: "2" }),
        await importedStep.realtime.publish("three", theirs(name).ai, {
          response: "3",
        }),
      ];
      await step.run("work", () => "work");
      if (attempt === 0) throw new Error("Not yet");
      return results;
    });
    const { output } = await run(client, fn, runId);
    const data = ["1", "2", "3"].map((response) => ({ response }));
    assertEquals(output, data);
    const log = await readHistory(traffic.gateway, name);
    assertEquals(log.map(({ data }) => data), data);
    for (const message of log) {
      assertEquals([message.topic, message.run_id], ["ai", runId]);
    }
    assertEquals(traffic.sent, []);
  });

  it("publish to the gateway at once, in a function with the run's id", async () => {
    const name = uniqueName("user");
    const runId = newRunId();
    const client = createClient();
    await client.realtime.publish(ours(name).ai, { response: "before" });
    const fn = client.createFunction(options, async ({ step }) => {
      await client.realtime.publish(theirs(name).ai, { response: "in" });
      await step.run("work", () => "work");
    });
    const { requests } = await run(client, fn, runId);
    const log = await readHistory(traffic.gateway, name);
    // As in the SDK, every replay of the function publishes again.
    assertEquals(
      log.map(({ data, run_id }) => [data, run_id]),
      [
        [{ response: "before" }, undefined],
        ...Array(requests).fill([{ response: "in" }, runId]),
      ],
    );
    assertEquals(traffic.sent, []);
  });

  it("do not repeat what a failed attempt of a step has published", async () => {
    const name = uniqueName("user");
    const client = createClient();
    const fn = client.createFunction(options, async ({ step, attempt }) => {
      await step.run("work", async () => {
        for (const response of ["1", "2", "3"]) {
          await client.realtime.publish(ours(name).ai, { response });
          if (response === "2" && attempt === 0) throw new Error("Not yet");
        }
      });
    });
    await run(client, fn);
    assertEquals(
      (await readHistory(traffic.gateway, name)).map(({ data }) => data),
      ["1", "2", "3"].map((response) => ({ response })),
    );
  });

  it("reject data that don't match the topic's schema", async () => {
    const name = uniqueName("user");
    const client = createClient();
    for (const target of [ours(name).ai, theirs(name).ai]) {
      const error = await assertRejects(
        () => client.realtime.publish(target, { response: 1 } as never),
        RealtimeError,
      );
      assertEquals(error.code, "invalid_data");
    }
    assertEquals(await readHistory(traffic.gateway, name), []);
  });

  it("publish to the gateway only in the functions that have the middleware, if the client has none", async () => {
    const name = uniqueName("user");
    const client = createClient([]);
    const handler = async () => {
      await client.realtime.publish(theirs(name).ai, { response: "hi" });
    };
    const middleware = [realtimeMiddleware(traffic.gateway)];
    const moved = client.createFunction({ ...options, middleware }, handler);
    const other = client.createFunction(options, handler);
    await run(client, moved);
    assertEquals((await readHistory(traffic.gateway, name)).length, 1);
    assertEquals(traffic.sent, []);
    await run(client, other);
    await handler();
    assertEquals((await readHistory(traffic.gateway, name)).length, 1);
    assertEquals(traffic.sent, Array(2).fill("/v1/realtime/publish"));
  });
});

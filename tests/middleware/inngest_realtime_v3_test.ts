import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Inngest, step as importedStep } from "inngest-v3";
import { serve } from "inngest-v3/edge";
import { channel } from "../../core/channel/channel.ts";
import { topic } from "../../core/channel/topic.ts";
import { realtimeMiddleware } from "../../middleware.ts";
import { uniqueName } from "../inngest/sdk.ts";
import { executeRun, newRunId, type RunOutcome } from "./executor.ts";
import { readHistory } from "./history.ts";
import { useSdkTraffic } from "./sdk_traffic.ts";

const users = channel((name: string) => name)
  .addTopic(topic("ai").type<{ response: string }>());

describe("the realtime functions of an inngest 3 client beside realtimeMiddleware()", () => {
  const traffic = useSdkTraffic();

  async function createClient(): Promise<Inngest> {
    const client = new Inngest({
      ...traffic.options,
      // The middleware's type is that of version 4, which `inngest` is here.
      middleware: [realtimeMiddleware(traffic.gateway) as never],
    });
    await client.ready;
    return client;
  }

  async function run(
    client: Inngest,
    fn: ReturnType<Inngest["createFunction"]>,
    runId: string,
  ): Promise<RunOutcome> {
    const handler = serve({ client, functions: [fn] });
    return await executeRun(handler, { functionId: "app-fn", runId });
  }

  it("publish to the gateway as a step, whose result is the data", async () => {
    const name = uniqueName("user");
    const runId = newRunId();
    const client = await createClient();
    const fn = client.createFunction(
      { id: "fn" },
      { event: "test/run" },
      async ({ step, attempt }) => {
        const results = [
          await step.realtime.publish("one", {
            channel: name,
            topic: "ai",
            data: { response: "1" },
          }),
          await step.realtime.publish(
            "two",
            await users(name).ai({ response: "2" }),
          ),
          await importedStep.realtime.publish("three", {
            channel: name,
            topic: "ai",
            data: { response: "3" },
          }),
        ];
        await step.run("work", () => "work");
        if (attempt === 0) throw new Error("Not yet");
        return results;
      },
    );
    const { output } = await run(client, fn, runId);
    const data = ["1", "2", "3"].map((response) => ({ response }));
    assertEquals(output, data);
    const log = await readHistory(traffic.gateway, name);
    assertEquals(
      log.map(({ data, run_id }) => [data, run_id]),
      data.map((one) => [one, runId]),
    );
    assertEquals(traffic.sent, []);
  });

  it("publish to the gateway at once, and once in a step that is retried", async () => {
    const name = uniqueName("user");
    const runId = newRunId();
    const client = await createClient();
    const publish = (response: string) =>
      client.realtime.publish(users(name).ai({ response }));
    assertEquals<unknown>(await publish("1"), { response: "1" });
    const fn = client.createFunction(
      { id: "fn" },
      { event: "test/run" },
      async ({ step, attempt }) => {
        await step.run("work", async () => {
          await publish("2");
          if (attempt === 0) throw new Error("Not yet");
          await publish("3");
        });
      },
    );
    await run(client, fn, runId);
    assertEquals(
      (await readHistory(traffic.gateway, name)).map(({ data, run_id }) => [
        data,
        run_id,
      ]),
      [
        [{ response: "1" }, undefined],
        [{ response: "2" }, runId],
        [{ response: "3" }, runId],
      ],
    );
    assertEquals(traffic.sent, []);
  });
});

import { assertEquals, assertMatch } from "@std/assert";
import { it } from "@std/testing/bdd";
import type { MessageFrame } from "../../core/protocol/frames.ts";
import { uniqueName } from "../inngest/sdk.ts";
import type { TestGateway } from "../support/gateway/gateway.ts";
import {
  executeRun,
  FUNCTION_ID,
  newRunId,
  type RunOptions,
} from "./executor.ts";
import { readHistory } from "./history.ts";
import type { HandlerArgs, Major } from "./majors.ts";

/** Describes publishing the status of runs, for one major of Inngest's SDK. */
export function describeLifecycle(
  major: Major,
  gateway: () => TestGateway,
): void {
  async function run(
    name: string,
    handler: (args: HandlerArgs) => unknown,
    options: Partial<RunOptions> = {},
  ): Promise<MessageFrame[]> {
    const serve = major.serve({
      url: gateway().url,
      signingKey: gateway().signingKey,
      lifecycle: ({ event }) => event.data.channel,
    }, handler);
    await executeRun(serve, {
      functionId: "app-fn",
      internalId: FUNCTION_ID,
      runId: newRunId(),
      event: { name: "test/run", data: { channel: name } },
      ...options,
    });
    return (await readHistory(gateway(), name))
      .filter(({ kind }) => kind === "run");
  }

  it("lifecycle publishes `running` and `completed` with the result, each once", async () => {
    const name = uniqueName("user");
    const runId = newRunId();
    const messages = await run(name, async ({ step }) => {
      await step.run("one", () => 1);
      await step.run("two", () => 2);
      return { sum: 3 };
    }, { runId });
    assertEquals(messages.map(({ data }) => data), [
      { status: "running" },
      { status: "completed", result: { sum: 3 } },
    ]);
    for (const message of messages) {
      assertEquals(message.topic, "$run");
      assertEquals(message.run_id, runId);
      assertEquals(message.fn_slug, "app-fn");
    }
  });

  it("lifecycle publishes `failed` with the error, after the last attempt", async () => {
    const name = uniqueName("user");
    let attempts = 0;
    const messages = await run(name, () => {
      attempts++;
      throw new RangeError("Out of range");
    }, { maxAttempts: 3 });
    assertEquals(attempts, 3);
    assertEquals(messages.map(({ data }) => data), [
      { status: "running" },
      {
        status: "failed",
        error: { name: "RangeError", message: "Out of range" },
      },
    ]);
  });

  it("lifecycle publishes no `failed` for an attempt that is not the last", async () => {
    const messages = await run(uniqueName("user"), ({ attempt }) => {
      if (attempt === 0) throw new Error("Not yet");
      return "done";
    });
    assertEquals(messages.map(({ data }) => Object(data).status), [
      "running",
      "completed",
    ]);
  });

  it("lifecycle publishes `failed` when a step has no attempts left", async () => {
    const name = uniqueName("user");
    const messages = await run(name, async ({ step }) => {
      await step.run("one", () => {
        throw new Error("Broken");
      });
    }, { maxAttempts: 2 });
    assertEquals(messages.map(({ data }) => Object(data).status), [
      "running",
      "failed",
    ]);
    assertEquals(Object(messages[1]?.data).error.message, "Broken");
  });

  it("lifecycle ignores a function's failure handler, which can publish itself", async () => {
    const name = uniqueName("user");
    const event = { name: "test/run", data: { channel: name } };
    const serve = major.serve(
      {
        url: gateway().url,
        signingKey: gateway().signingKey,
        lifecycle: name,
      },
      () => "done",
      async ({ event, publish }) => {
        const data = event.data.error.message;
        await publish({ channel: name, topic: "ai", data });
      },
    );
    const outcome = await executeRun(serve, {
      functionId: "app-fn-failure",
      runId: newRunId(),
      event: {
        name: "inngest/function.failed",
        data: {
          function_id: "app-fn",
          run_id: newRunId(),
          error: { name: "Error", message: "Broken" },
          event,
        },
      },
    });
    assertEquals(outcome.status, "completed");
    const log = await readHistory(gateway(), name);
    assertEquals(log.map(({ kind, data }) => [kind, data]), [
      ["data", "Broken"],
    ]);
  });

  it("lifecycle reports a status that can't be published, and the run continues", async () => {
    const errors: unknown[] = [];
    const serve = major.serve({
      url: gateway().url,
      signingKey: gateway().signingKey,
      lifecycle: "",
      onError: (error) => errors.push(error),
    }, () => "done");
    const outcome = await executeRun(serve, {
      functionId: "app-fn",
      runId: newRunId(),
    });
    assertEquals(outcome.output, "done");
    assertEquals(errors.length, 2);
    assertMatch(String(errors[0]), /names are 1 to 255 bytes/);
  });
}

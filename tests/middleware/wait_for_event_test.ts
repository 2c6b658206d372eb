import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { realtimeMiddleware } from "../../middleware.ts";
import { forwardToInngest } from "../../server/mod.ts";
import { ownAsyncContext } from "../inngest/sdk.ts";
import { appOf } from "../support/client/client.ts";
import { type EventApi, startEventApi } from "../support/client/event_api.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { approvals, join, nextQuestion } from "../support/client/questions.ts";
import {
  executeRun,
  newRunId,
  type Operation,
  type ServeHandler,
} from "./executor.ts";
import { readHistory } from "./history.ts";

/** Evaluates a condition as Inngest does, for expressions of the form that is used here. */
function matches(
  { name, opts }: Operation,
  event: { readonly name: string; readonly data: Record<string, unknown> },
): boolean {
  const [, field = "", value] =
    /^async\.data\.(\w+) == "(.*)"$/.exec(opts?.if ?? "") ?? [];
  return event.name === name && event.data[field] === value;
}

describe("a function that waits for a reply with step.waitForEvent", () => {
  let api: EventApi;
  let gateway: TestGateway;
  let handler: ServeHandler;
  let restore: () => void;

  beforeAll(async () => {
    restore = ownAsyncContext();
    api = await startEventApi();
    const client = new Inngest({
      id: "app",
      isDev: true,
      eventKey: "k",
      baseUrl: api.url,
      checkpointing: false,
    });
    gateway = await startGateway({
      channels: { "approvals:*": approvals },
      onMessage: forwardToInngest({ client }),
    });
    const app = new Inngest({
      id: "app",
      isDev: true,
      checkpointing: false,
      middleware: [
        realtimeMiddleware({
          url: gateway.url,
          signingKey: gateway.signingKey,
        }),
      ],
    });
    const refund = app.createFunction(
      { id: "refund", triggers: [{ event: "test/run" }] },
      async ({ event, step, publish }) => {
        const { approval } = approvals(event.data.userId);
        const { id } = await publish(approval({ text: "Refund?" }));
        const answer = await step.waitForEvent("decision", {
          event: "realtime/message",
          timeout: "1d",
          if: `async.data.replyTo == "${id}"`,
        });
        if (!answer) return "nobody answered";
        return await step.run("pay", () => `${answer.data.data}`);
      },
    );
    handler = serve({ client: app, functions: [refund] });
  });
  afterAll(async () => {
    await gateway.close();
    await api[Symbol.asyncDispose]();
    restore();
  });

  it("continues when a user replies in a browser", async () => {
    await using person = await join(appOf(gateway), "ann");
    const outcome = await executeRun(handler, {
      functionId: "app-refund",
      runId: newRunId(),
      event: { name: "test/run", data: { userId: "ann" } },
      async onWait(wait) {
        await person.reply(await nextQuestion(person), "yes");
        const event = await api.events.next();
        assertEquals(matches(wait, event), true);
        return event;
      },
    });
    assertEquals([outcome.status, outcome.output], ["completed", "yes"]);
    // A replay does not ask again.
    const messages = await readHistory(gateway, "approvals:ann");
    assertEquals(messages.map(({ topic }) => topic), ["approval", "decision"]);
  });

  it("continues without a reply after the timeout", async () => {
    const outcome = await executeRun(handler, {
      functionId: "app-refund",
      runId: newRunId(),
      event: { name: "test/run", data: { userId: "bob" } },
      onWait: () => Promise.resolve(null),
    });
    assertEquals(outcome.output, "nobody answered");
  });
});

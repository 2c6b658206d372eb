import { RealtimeError } from "../../core/protocol/errors.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { cancelledRunHandler, type FunctionRun } from "../../middleware.ts";
import { uniqueName } from "../inngest/sdk.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { readHistory } from "./history.ts";

const RUN_ID = "01JNGVNB7BJVRCZWTBF8G73BPJ";

describe("cancelledRunHandler()", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  afterAll(() => gateway.close());

  it("publishes `cancelled` once for a cancelled run", async () => {
    const name = uniqueName("user");
    const runs: FunctionRun[] = [];
    const handler = cancelledRunHandler({
      url: gateway.url,
      signingKey: gateway.signingKey,
      lifecycle: (run) => {
        runs.push(run);
        return { channel: run.event.data.channel, topic: "ai" };
      },
    });
    const event = {
      name: "inngest/function.cancelled",
      data: {
        run_id: RUN_ID,
        function_id: "app-fn",
        event: { name: "test/run", data: { channel: name } },
      },
    };
    await handler({ event });
    await handler({ event });

    assertEquals(runs[0], {
      runId: RUN_ID,
      functionId: "app-fn",
      event: { name: "test/run", data: { channel: name } },
    });
    const [message, ...others] = await readHistory(gateway, name);
    assertEquals(others, []);
    assertEquals(message?.kind, "run");
    assertEquals(message?.topic, "ai");
    assertEquals(message?.data, { status: "cancelled" });
    assertEquals([message?.run_id, message?.fn_slug], [RUN_ID, "app-fn"]);
  });

  it("publishes nothing for a run without a target", async () => {
    let isAsked = false;
    const handler = cancelledRunHandler({
      url: "http://localhost:1",
      lifecycle: () => {
        isAsked = true;
        return undefined;
      },
    });
    await handler({ event: { name: "x", data: { run_id: RUN_ID } } });
    assertEquals(isAsked, true);
  });

  it("throws without `lifecycle`", () => {
    assertThrows(() => cancelledRunHandler({}), RealtimeError, '"lifecycle"');
  });
});

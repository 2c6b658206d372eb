import { assertEquals, assertGreater } from "@std/assert";
import { it } from "@std/testing/bdd";
import { type BrowserSuite, describeInChromium } from "./browser_suite.ts";

const hook = "useRealtime";
const RUN_ID = "01JNGVNB7BJVRCZWTBF8G73BPJ";

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** Publishes the status of a run, as the middleware does. */
async function publishRun(
  { realtime }: BrowserSuite,
  channel: string,
  data: unknown,
  runId = RUN_ID,
): Promise<void> {
  await realtime.publish({ channel, topic: "$run", data }, {
    kind: "run",
    runId,
  });
}

describeInChromium("useRealtime() in Chromium", {}, (suite) => {
  it("shows all messages, the newest, and the newest of each topic", async () => {
    const { open, realtime } = suite();
    const { tab, channel } = await open({ hook, topics: ["ai", "log"] });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    for (const [topic, data] of [["ai", 1], ["log", 2], ["ai", 3]] as const) {
      await realtime.publish({ channel, topic, data });
    }
    const shown = await tab.until(({ data }) => data.length === 3);
    assertEquals(shown.data, [1, 2, 3]);
    assertEquals(shown.last, 3);
    assertEquals(shown.byTopic, { ai: 3, log: 2 });
    const { fresh, statuses } = await tab.notes();
    assertEquals(fresh, [1, 2, 3]);
    assertEquals([...new Set(statuses)], ["idle", "connecting", "open"]);
    assertEquals(tab.problems, []);
  });

  it("shows 100 messages by default, and has all new messages in `delta`", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    await publish(channel, numbers(250));
    const { data } = await tab.until(({ last }) => last === 250);
    assertEquals(data, numbers(100, 151));
    assertEquals((await tab.notes()).fresh, numbers(250));
  });

  it("shows the status and the result of a run", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({ hook, topics: ["ai", "$run"] });
    await using _ = tab;
    const first = await tab.until(({ status }) => status === "open");
    assertEquals(first.runStatus, "running");
    await publishRun(suite(), channel, { status: "running" });
    await publish(channel, [1]);
    await publishRun(suite(), channel, {
      status: "completed",
      result: { sum: 3 },
    });
    const shown = await tab.until(({ runStatus }) => runStatus === "completed");
    assertEquals(shown.result, { sum: 3 });
    // Messages about the run are not among the app's messages.
    assertEquals(shown.data, [1]);
    await tab.until(({ status }) => status === "closed");
    await tab.untilDisconnected();
  });

  it("shows the error of a run, and stays connected with `autoCloseOnTerminal: false`", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({
      hook,
      topics: ["ai", "$run"],
      options: { autoCloseOnTerminal: false },
    });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    await publishRun(suite(), channel, {
      status: "failed",
      error: { name: "RangeError", message: "Out of range" },
    });
    const failed = await tab.until(({ runStatus }) => runStatus === "failed");
    assertEquals(failed.result, {
      name: "RangeError",
      message: "Out of range",
    });
    assertEquals(failed.status, "open");
    await publish(channel, [1]);
    await tab.until(({ data }) => data.length === 1);
    // Another run begins a new record.
    const runId = RUN_ID.replace("01", "02");
    await publishRun(suite(), channel, { state: "in_progress" }, runId);
    const next = await tab.until(({ runStatus }) => runStatus === "running");
    assertEquals(next.result, undefined);
    await publishRun(suite(), channel, { status: "cancelled" }, runId);
    await tab.until(({ runStatus }) => runStatus === "cancelled");
  });

  it("goes on after messages about a run with fields of any type", async () => {
    const { open, publish } = suite();
    const topics = ["ai", "$run"];
    const { tab, channel } = await open({ hook, topics, devtools: {} });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    // It can't be converted to text.
    const odd = { toString: 1, valueOf: 1 };
    for (
      const data of [
        ...[odd, "text", null, [odd], 1, { status: odd }, { state: [odd] }],
        { error: { name: odd, message: "Odd" } },
      ]
    ) {
      await publishRun(suite(), channel, data);
    }
    await publish(channel, [odd]);
    const shown = await tab.until(({ data }) => data.length === 1);
    assertEquals([shown.status, shown.runStatus], ["open", "running"]);
    assertEquals(shown.result, { name: "Error", message: "Odd" });
    assertEquals(tab.problems, []);
  });

  it("clears the messages, the run and the error by `reset`", async () => {
    const { open, publish } = suite();
    const { tab, channel } = await open({
      hook,
      topics: ["ai", "$run"],
      options: { autoCloseOnTerminal: false },
    });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    await publish(channel, [1]);
    await publishRun(suite(), channel, { status: "completed", result: 1 });
    await tab.until(({ runStatus }) => runStatus === "completed");
    await tab.control((control) => control.clear());
    const { last, byTopic, result, runStatus } = await tab.until(
      ({ data }) => data.length === 0,
    );
    assertEquals([last, byTopic, result, runStatus], [
      undefined,
      {},
      undefined,
      "running",
    ]);
    await publish(channel, [2]);
    const { data } = await tab.until(({ data }) => data.length > 0);
    assertEquals(data, [2]);
  });

  it("shares one socket and one token between components, also if each has an inline function", async () => {
    const { open, publish, site } = suite();
    const before = site.tokenRequests;
    const { tab, channel } = await open({ hook, count: 20, isInline: true });
    await using _ = tab;
    await tab.until(({ status }) => status === "open", 19);
    await publish(channel, [1]);
    for (const index of [0, 19]) {
      const { data } = await tab.until(({ data }) => data.length > 0, index);
      assertEquals(data, [1]);
    }
    assertEquals(site.tokenRequests - before, 1);
    assertEquals(tab.sockets.opened, 1);
  });

  it("reconnects after a time between `reconnectMin` and `reconnectMax`", async () => {
    const { open, proxy, gateway } = suite();
    // By default the first pause is at most 500 ms.
    const options = { reconnectMin: "1500ms", reconnectMax: "1500ms" } as const;
    const { tab } = await open({ hook, options });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    const start = performance.now();
    proxy.cut();
    await tab.until(({ status }) => status === "connecting");
    proxy.lead(gateway.url);
    await tab.until(({ status }) => status === "open");
    assertGreater(performance.now() - start, 1_400);
  });

  it("has the status `error` when it is refused", async () => {
    const { open, site } = suite();
    site.refuse(403);
    const { tab } = await open({ hook });
    await using _ = tab;
    const { error } = await tab.until(({ status }) => status === "error");
    assertEquals(error, "Cannot get a token: Sign in first");
    site.refuse(undefined);
    // It subscribes again after it was disabled.
    await tab.show({ options: { enabled: false } });
    await tab.until(({ status }) => status === "paused");
    await tab.show({ options: { enabled: true } });
    await tab.until(({ status }) => status === "open");
  });
});

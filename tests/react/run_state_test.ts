import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  foldRun,
  isRunOver,
  runError,
  runStatus,
} from "../../react/run_state.ts";

const message = { kind: "run", channel: "c", topic: "$run", id: "k3v9qd2m-1" };

describe("runStatus()", () => {
  it("knows the status names of all publishers", () => {
    for (
      const [status, words] of [
        ["running", ["running", "in_progress", "RUNNING"]],
        ["completed", ["completed", "complete", "Succeeded", "success"]],
        ["failed", ["failed", "error"]],
        ["cancelled", ["cancelled", "canceled"]],
        [undefined, ["", "toString", "__proto__", undefined, 1, null, {}]],
        // An object without a usable toString(), which can't be converted to text.
        [undefined, [{ toString: 1, valueOf: 1 }, ["completed"]]],
      ] as const
    ) {
      for (const word of words) {
        for (const key of ["status", "runStatus", "state"]) {
          assertEquals(runStatus({ [key]: word }), status);
        }
      }
    }
    assertEquals(runStatus(undefined), undefined);
  });
});

describe("isRunOver()", () => {
  it("is true for a run that has ended, with any status", () => {
    assertEquals(
      ["running", "completed", "failed", "cancelled", "unknown"]
        .map((status) => isRunOver({ topics: new Map(), run: { status } })),
      [false, true, true, true, false],
    );
  });
});

describe("runError()", () => {
  it("reads errors, and ignores other values", () => {
    assertEquals(
      runError({ error: { name: "RangeError", message: "Too far" } }),
      { name: "RangeError", message: "Too far" },
    );
    for (const name of [undefined, null, { toString: 1, valueOf: 1 }]) {
      const error = { name, message: "Too far" };
      assertEquals(runError({ error })?.name, "Error");
    }
    for (const error of [undefined, null, "Too far", { message: 1 }]) {
      assertEquals(runError({ error }), null);
    }
    assertEquals(runError(undefined), null);
  });
});

describe("foldRun()", () => {
  it("merges the messages about one run, and begins a new record for another", () => {
    const first = foldRun(undefined, {
      ...message,
      runId: "a",
      data: { status: "running", step: 1 },
    });
    const second = foldRun(first, {
      ...message,
      runId: "a",
      data: { status: "completed", result: 2 },
    });
    assertEquals(second.run, {
      runId: "a",
      status: "completed",
      step: 1,
      result: 2,
    });
    for (const data of [null, "text", [1]]) {
      const other = foldRun(second, { ...message, runId: "b", data });
      assertEquals(other.run, { runId: "b" });
    }
  });

  it("keeps the newest message of each topic, also of topics with odd names", () => {
    const messages = ["ai", "__proto__", "ai"].map((topic, i) => ({
      kind: "data",
      channel: "c",
      topic,
      data: i,
      id: `k3v9qd2m-${i + 1}`,
    }));
    const { topics, run } = messages.reduce(
      foldRun,
      foldRun(undefined, undefined),
    );
    assertEquals([...topics.keys()], ["ai", "__proto__"]);
    assertEquals(topics.get("ai")?.data, 2);
    assertEquals(run, undefined);
  });
});

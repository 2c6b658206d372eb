import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { foldRun } from "../../core/react/fold.ts";
import { isOver, runError, runStatus } from "../../core/react/run_status.ts";

const message = { kind: "run", topic: "$run", id: "k3v9qd2m-1" };

describe("runStatus()", () => {
  it("knows the words of every publisher", () => {
    for (
      const [status, words] of [
        ["running", ["running", "in_progress", "RUNNING"]],
        ["completed", ["completed", "complete", "Succeeded", "success"]],
        ["failed", ["failed", "error"]],
        ["cancelled", ["cancelled", "canceled"]],
        [undefined, ["", "toString", "__proto__", undefined, 1, null, {}]],
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

describe("isOver()", () => {
  it("is true for a run that has ended, however it did", () => {
    assertEquals(
      ["running", "completed", "failed", "cancelled", "unknown"]
        .map((status) => isOver({ status })),
      [false, true, true, true, false],
    );
  });
});

describe("runError()", () => {
  it("reads an error, and nothing that is none", () => {
    assertEquals(
      runError({ error: { name: "RangeError", message: "Too far" } }),
      { name: "RangeError", message: "Too far" },
    );
    assertEquals(runError({ error: { message: "Too far" } })?.name, "Error");
    for (const error of [undefined, null, "Too far", { message: 1 }]) {
      assertEquals(runError({ error }), null);
    }
    assertEquals(runError(undefined), null);
  });
});

describe("foldRun()", () => {
  it("puts together what is said of one run, and begins anew with another", () => {
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
    assertEquals(second, {
      runId: "a",
      status: "completed",
      step: 1,
      result: 2,
    });
    const other = foldRun(second, { ...message, runId: "b", data: null });
    assertEquals(other, { runId: "b" });
  });
});

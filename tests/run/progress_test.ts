import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeInstalled, withProgress } from "./progress.ts";

describe("withProgress()", () => {
  it("writes a line now and then until the task ends, and returns its result", async () => {
    const { promise: task, resolve } = Promise.withResolvers<string>();
    const lines: string[] = [];
    const result = await withProgress(task, {
      intervalMs: 5,
      describe: (seconds) => `${seconds} s`,
      write(line) {
        lines.push(line);
        if (lines.length === 3) resolve("done");
      },
    });
    assertEquals(result, "done");
    assertEquals(lines, ["0 s", "0 s", "0 s"]);
  });

  it("rejects as the task does", async () => {
    const task = Promise.reject(new Error("npm is missing"));
    await assertRejects(
      () => withProgress(task, { describe: () => "" }),
      Error,
      "npm is missing",
    );
  });
});

describe("describeInstalled()", () => {
  it("counts the packages that are there, of those that every system needs", () => {
    const root = mkdtempSync(join(tmpdir(), "tidings-progress-"));
    const lock = {
      packages: {
        "": {},
        "tests/std/assert": {},
        "node_modules/one": { version: "1.0.0" },
        "node_modules/one/node_modules/two": { version: "1.0.0" },
        "node_modules/three": { version: "1.0.0", optional: true },
      },
    };
    assertEquals(describeInstalled(lock, root), "0 of 2 packages");
    for (const name of ["one", "three"]) {
      mkdirSync(join(root, "node_modules", name), { recursive: true });
    }
    assertEquals(describeInstalled(lock, root), "0 of 2 packages");
    writeFileSync(join(root, "node_modules/one/package.json"), "{}");
    assertEquals(describeInstalled(lock, root), "1 of 2 packages");
    rmSync(root, { recursive: true });
  });
});

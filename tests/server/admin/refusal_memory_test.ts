import { assert } from "@std/assert";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, it } from "@std/testing/bdd";
import {
  commandFor,
  currentProgram,
  currentRuntime,
} from "../../support/process/programs.ts";
import { ROOT } from "../../support/root.ts";

describe("the refusals that a gateway remembers", () => {
  it("keep none of the long texts alive whose beginnings they have", async () => {
    const script = "tests/support/admin/kept_texts_main.ts";
    const [program = "", ...args] = commandFor(
      currentProgram(),
      currentRuntime(),
      script,
    );
    const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT });
    // They take 2.5 MB; the texts that were sent have 56 MB.
    const kept = Number(stdout);
    assert(kept > 0 && kept < 20_000_000, `${kept} bytes were kept`);
  });
});

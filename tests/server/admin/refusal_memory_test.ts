import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { outputOf } from "../../support/process/programs.ts";

describe("the refusals that a gateway remembers", () => {
  it("keep none of the long texts alive whose beginnings they have", async () => {
    const script = "tests/support/admin/kept_texts_main.ts";
    // They take 2.5 MB; the texts that were sent have 56 MB.
    const kept = Number(await outputOf(script));
    assert(kept > 0 && kept < 20_000_000, `${kept} bytes were kept`);
  });
});

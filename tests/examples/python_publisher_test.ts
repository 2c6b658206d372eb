import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { noiseIn, runExample } from "../support/browser/example.ts";
import { pythonPath } from "../support/requirements.ts";

const itWithPython = pythonPath() === undefined ? it.skip : it;

describe("example python-publisher", () => {
  itWithPython(
    "prints the messages that Python publishes, subscribed with Python's token",
    async () => {
      const { code, output } = await runExample("python-publisher");
      assertEquals(code, 0, output);
      assertEquals(noiseIn(output), []);
      const lines = output.split("\n")
        .filter((line) => /^[a-z0-9]{8}-\d+ {2}/.test(line))
        .map((line) => line.slice(line.indexOf("-") + 1));
      assertEquals(lines.length, 11, output);
      assertEquals(lines[0], "1  10 %  The tide rises, the tide falls,");
      assertEquals(
        lines[10],
        "11  67 words, above all: the (17), tide (6), and (4)",
      );
      assertMatch(output, /^http:\/\/127\.0\.0\.1:\d+$/m);
    },
  );
});

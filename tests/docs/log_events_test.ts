import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EVENT_LEVELS } from "../../server/events/event_log.ts";
import { ROOT } from "../support/root.ts";

describe("docs/deploy.md", () => {
  it("has a row for every event, with its level", async () => {
    const text = await readFile(join(ROOT, "docs/deploy.md"), "utf8");
    const [, section = ""] = text.split("\n## Logs\n");
    const rows = [...section.matchAll(/^\| `([\w.]+)` +\| (info|debug) +\|/gm)];
    assertEquals(
      rows.map(([, event, level]) => [event, level]),
      Object.entries(EVENT_LEVELS),
    );
  });
});

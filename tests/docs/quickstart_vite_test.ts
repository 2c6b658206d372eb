import { assert, assertEquals } from "@std/assert";
import { afterAll, describe } from "@std/testing/bdd";
import { followWalkthrough } from "../support/walkthrough/followed_walkthrough.ts";

const app = await followWalkthrough(
  "docs/quickstart.md",
  "Vite + Express",
  /Open (http:\S+)/,
);

describe("the quickstart for Vite and Express", () => {
  afterAll(() => app.close());

  app.itInChromium(
    "shows the progress of a job, also after a reload",
    async () => {
      const { page, problems, close } = await app.visit(0);
      const text = page.locator("main p");
      const half = text.filter({ hasText: /[1-9]\d %/ });
      await page.click("text=Start a job");
      const before = parseInt(await half.innerText());
      await page.reload();
      const after = parseInt(await half.innerText());
      assert(before < 100 && before <= after, `${after} after ${before}`);
      await text.filter({ hasText: "100 %" }).waitFor();

      await page.reload();
      await text.filter({ hasText: "100 %" }).waitFor();
      assertEquals(problems, []);
      await close();
    },
  );
});

import { assert, assertEquals } from "@std/assert";
import { afterAll, describe } from "@std/testing/bdd";
import { followWalkthrough } from "../support/walkthrough/followed_walkthrough.ts";
import { runCommands } from "../support/process/terminal.ts";

/** Checks the server's types, which the app's build leaves out. The sample installs no types for Express. */
const CHECK_SERVER = "npx tsc --ignoreConfig --noEmit --noImplicitAny false " +
  "--module nodenext --allowImportingTsExtensions --types node server.ts";

const app = await followWalkthrough("docs/quickstart.md", "Vite + Express");

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

  app.itInChromium("has a server whose types are right", async () => {
    await runCommands(CHECK_SERVER, { cwd: app.folder });
  });
});

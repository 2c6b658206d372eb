import { assert, assertEquals } from "@std/assert";
import { afterAll, describe } from "@std/testing/bdd";
import type { Visit } from "../support/browser/visit.ts";
import { followWalkthrough } from "../support/walkthrough/followed_walkthrough.ts";

const END = "two tides a day.";

/** The empty template of Next.js has no icon for the browser's tab. */
const NO_ICON =
  "Failed to load resource: the server responded with a status of 404 (Not Found)";

const app = await followWalkthrough("docs/quickstart.md", "Next.js");

/** Asks, reloads the page in the middle of the answer and after its end, and checks that the whole answer is shown each time. */
async function askAndReload(visit: Visit): Promise<void> {
  const { page, problems } = visit;
  const answer = page.locator("main p");
  // React hears clicks from about the time when the page asks for a token.
  await Promise.all([
    page.waitForResponse("**/api/realtime-token"),
    page.reload(),
  ]);
  await page.click("text=Why are there tides?");
  // An answer that was asked for before is still shown when the page opens.
  await answer.filter({ hasText: "towards it", hasNotText: END }).waitFor();
  const before = await answer.innerText();
  assert(!before.includes(END), "the answer had ended before the reload");
  await page.reload();
  await answer.filter({ hasText: END }).waitFor();
  const whole = await answer.innerText();

  await page.reload();
  await answer.filter({ hasText: END }).waitFor();
  assertEquals(await answer.innerText(), whole);
  assert(whole.startsWith(before), whole);
  assertEquals(problems.filter((text) => text !== NO_ICON), []);
  await visit.close();
}

describe("the quickstart for Next.js", () => {
  afterAll(() => app.close());

  app.itInChromium("shows an answer while it grows", async () => {
    await askAndReload(await app.visit(0));
  });

  app.itInChromium("shows it from the built app as well", async () => {
    await askAndReload(await app.visit(1));
  });
});

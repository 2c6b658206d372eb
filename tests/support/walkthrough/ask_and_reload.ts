import { assert, assertEquals } from "@std/assert";
import type { Browser } from "playwright-core";
import { visit } from "../browser/visit.ts";

/** The last word of the answers of apps that documents have. */
const END = "lost.";

/**
 * Opens the page of an app, asks, and reloads the page in the middle of the answer.
 *
 * @throws {Error} When a word of the answer is missing after it, or the page has an error.
 */
export async function askAndReload(
  browser: Browser,
  url: string,
): Promise<void> {
  const { page, problems, close } = await visit(browser, url);
  const answer = page.locator("p");
  await page.click("text=Ask");
  await answer.filter({ hasText: "Reload" }).waitFor();
  const before = await answer.innerText();
  assert(!before.includes(END), "it was not in the middle");
  await page.reload();
  await answer.filter({ hasText: before }).waitFor();
  await answer.filter({ hasText: END }).waitFor();
  assertEquals(
    (await answer.innerText()).trim(),
    "Reload this page now: the answer goes on, and no word is lost.",
  );
  // The apps have no icon.
  assertEquals(problems.filter((text) => !text.includes("404")), []);
  await close();
}

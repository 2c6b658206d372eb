import type { Browser, Page } from "playwright-core";

/** A page of an example, in a browser context of its own. */
export interface Visit {
  readonly page: Page;
  /** What went wrong on it. */
  readonly problems: readonly string[];
  /** The texts of what a selector finds. */
  texts(selector: string): Promise<string[]>;
  /** Closes it. */
  close(): Promise<void>;
}

/** Opens a page. */
export async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(url);
  return {
    page,
    problems,
    texts: (selector) => page.locator(selector).allInnerTexts(),
    close: () => context.close(),
  };
}

import type { Browser, Page } from "playwright-core";

/** A page in its own browser context. */
export interface Visit {
  readonly page: Page;
  /** Errors on the console and uncaught errors. */
  readonly problems: readonly string[];
  /** Returns the texts of the elements that match a selector. */
  texts(selector: string): Promise<string[]>;
  /** Closes the context. */
  close(): Promise<void>;
}

/** Opens a page in a new context. */
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

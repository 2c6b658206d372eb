import type { Locator, Page } from "playwright-core";

/** The devtools in a browser's page. */
export interface PanelPage {
  readonly button: Locator;
  readonly panel: Locator;
  /** The parts for one subscription each. */
  readonly cards: Locator;
  /** The messages of all subscriptions. */
  readonly messages: Locator;
  /** Opens the panel. */
  open(): Promise<void>;
  /** Waits until the panel shows a text. */
  shows(text: string | RegExp): Promise<void>;
  /** Returns the computed value of a property of the button's style. */
  buttonStyle(property: string): Promise<string>;
  /** Returns the name of the focused element in the devtools. */
  focused(): Promise<string | undefined>;
}

const TREE = 'document.querySelector("tidings-devtools").shadowRoot';

/** Finds the devtools in a page; selectors find what is in their shadow tree. */
export function panelOf(page: Page): PanelPage {
  const panel = page.getByRole("region", { name: "Tidings devtools" });
  const button = page.getByRole("button", { name: /^Tidings devtools: / });
  return {
    button,
    panel,
    cards: panel.locator("article"),
    messages: panel.locator("li"),
    async open() {
      await button.click();
      await panel.waitFor();
    },
    async shows(text) {
      await panel.getByText(text).first().waitFor({ timeout: 15_000 });
    },
    async buttonStyle(property) {
      await button.waitFor();
      return await page.evaluate(
        `getComputedStyle(${TREE}.querySelector("button"))["${property}"]`,
      );
    },
    focused: () => page.evaluate(`${TREE}.activeElement?.localName`),
  };
}

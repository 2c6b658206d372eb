import type { Browser, Page } from "playwright-core";
import type { Notes, PageControl, Scenario, Shown } from "./scenario.ts";
import type { Site } from "./site.ts";

/** A browser's tab with the tests' page. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** The errors and warnings of React, the hooks and the page. */
  readonly problems: string[];
  /** How many WebSockets it has opened so far, and how many are open. */
  readonly sockets: { opened: number; open: number };
  /** Shows another scenario. */
  show(change: Partial<Scenario>): Promise<void>;
  /** Waits until a component shows a state. */
  until(
    predicate: (shown: Shown) => boolean,
    index?: number,
  ): Promise<Shown>;
  /** Returns the page's records. */
  notes(): Promise<Notes>;
  /** Runs a function in the page. */
  control(action: (control: PageControl) => void): Promise<void>;
  /** Simulates that the page is hidden or shown again: a headless browser has no other tabs. */
  setHidden(isHidden: boolean): Promise<void>;
  /** Waits until none of its WebSockets is open. */
  untilDisconnected(): Promise<void>;
}

/** Opens the page with a scenario. */
export async function openTab(
  browser: Browser,
  site: Site,
  scenario: Scenario,
): Promise<Tab> {
  const page = await browser.newPage();
  const problems: string[] = [];
  const sockets = { opened: 0, open: 0 };
  let disconnected: (() => void) | undefined;
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/error|warning/.test(message.type())) problems.push(message.text());
  });
  page.on("websocket", (socket) => {
    sockets.opened++;
    sockets.open++;
    socket.on("close", () => {
      sockets.open--;
      if (sockets.open === 0) disconnected?.();
    });
  });
  const hash = encodeURIComponent(JSON.stringify(scenario));
  await page.goto(`${site.url}#${hash}`);

  function textOf(index: number): string {
    return `document.getElementById("shown-${index}")?.textContent`;
  }

  return {
    page,
    problems,
    sockets,
    async show(change) {
      await page.evaluate(
        (change) =>
          (globalThis as unknown as { control: PageControl }).control.show(
            change,
          ),
        change,
      );
    },
    async until(predicate, index = 0) {
      const text = await page.waitForFunction(
        `(() => {
          const text = ${textOf(index)};
          return text && (${predicate})(JSON.parse(text)) && text;
        })()`,
        undefined,
        { timeout: 15_000 },
      ).catch(async (cause) => {
        const shown = await page.evaluate(textOf(index));
        throw new Error(`The page shows ${shown}, not ${predicate}`, { cause });
      });
      return JSON.parse(String(await text.jsonValue()));
    },
    async notes() {
      return JSON.parse(
        String(await page.evaluate("JSON.stringify(control.notes)")),
      );
    },
    async control(action) {
      await page.evaluate(`(${action})(control)`);
    },
    async setHidden(isHidden) {
      await page.evaluate(`
        Object.defineProperties(document, {
          hidden: { value: ${isHidden}, configurable: true },
          visibilityState: {
            value: ${isHidden} ? "hidden" : "visible",
            configurable: true,
          },
        });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    },
    async untilDisconnected() {
      if (sockets.open === 0) return;
      await new Promise<void>((resolve) => {
        disconnected = resolve;
      });
    },
    async [Symbol.asyncDispose]() {
      await page.close();
    },
  };
}

import { afterAll, beforeAll, it } from "@std/testing/bdd";
import type { Browser } from "playwright-core";
import { launchChromium } from "./browser.ts";
import { type RunningExample, startExample } from "./example.ts";
import { chromiumPath } from "../requirements.ts";
import { type Visit, visit } from "./visit.ts";

/** An example and a browser that run during the tests of a group. */
export interface ExamplePage {
  /** Declares a test that is skipped where there is no Chromium. */
  readonly itInChromium: typeof it.skip;
  /** The example; only available inside of tests. */
  readonly example: RunningExample;
  /** Opens the page of the example. */
  visit(): Promise<Visit>;
}

/** Starts an example and Chromium before the tests of the current group, and stops them afterwards. */
export function useExamplePage(name: string): ExamplePage {
  const executablePath = chromiumPath();
  let example: RunningExample;
  let browser: Browser;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    example = await startExample(name);
    browser = await launchChromium(executablePath);
  });

  afterAll(async () => {
    if (executablePath === undefined) return;
    await browser.close();
    await example.close();
  });

  return {
    itInChromium: executablePath === undefined ? it.skip : it,
    get example() {
      return example;
    },
    visit: () => visit(browser, example.url),
  };
}

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
} from "@std/testing/bdd";
import type { Browser } from "playwright-core";
import type { GatewayOptions } from "../../../server/mod.ts";
import { chromiumPath } from "../requirements.ts";
import { launchChromium } from "./browser.ts";
import { PageUnderTest } from "./page.ts";

const executablePath = chromiumPath();
const withChromium = executablePath === undefined ? describe.skip : describe;

/**
 * Describes tests of the gateway's page, each with a gateway and a page of its own; without Chromium each of them is skipped.
 *
 * @param options Makes the options of each gateway.
 * @param tests Gets a function that returns the page of the running test.
 */
export function describePage(
  name: string,
  options: () => Partial<GatewayOptions>,
  tests: (site: () => PageUnderTest) => void,
): void {
  withChromium(name, () => {
    let browser: Browser;
    let site: PageUnderTest;

    beforeAll(async () => {
      if (executablePath !== undefined) {
        browser = await launchChromium(executablePath);
      }
    });

    afterAll(() => browser.close());

    beforeEach(async () => {
      site = await PageUnderTest.start(browser, options());
    });

    afterEach(() => site[Symbol.asyncDispose]());

    tests(() => site);
  });
}

import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../support/browser/browser.ts";
import { PageUnderTest } from "../../support/browser/page.ts";
import { chromiumPath } from "../../support/requirements.ts";
import { batch, publish } from "../../support/wire/publish.ts";

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;
/** More than two pages of the admin API. */
const CHANNELS = 500;
const FOCUSED = "document.activeElement.textContent";
const SCROLL = 'document.querySelector("#channels-scroll")';

describe("a long list of the page", () => {
  let browser: Browser;
  let site: PageUnderTest;
  let page: Page;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    browser = await launchChromium(executablePath);
    site = await PageUnderTest.start(browser);
    page = site.page;
    const lines = Array.from({ length: CHANNELS }, (_, n) => ({
      channel: `room:${String(n).padStart(3, "0")}`,
      topic: "t",
      data: n,
    }));
    await batch(site.gateway, lines);
    await site.open("#room=channels");
    await site.shows("#channels-count", `${CHANNELS} channels`);
    await page.click("#channels-scroll .sort >> text=Channel");
    await page.waitForSelector('th[aria-sort="ascending"]');
    await site.shows("#channels-scroll tbody .open", "room:000");
  });

  afterAll(async () => {
    if (executablePath === undefined) return;
    await site[Symbol.asyncDispose]();
    await browser.close();
  });

  itInChromium("has only the rows in view in the document", async () => {
    const rows = await site.rows("channels");
    assert(rows.length < 60, `${rows.length} rows`);
    assertEquals(rows[0]?.[0], "room:000");
    const table = page.locator("#channels-scroll table");
    assertEquals(
      await table.getAttribute("aria-rowcount"),
      String(CHANNELS + 1),
    );
    assertEquals(
      await page.locator("#channels-scroll tbody tr >> nth=1")
        .getAttribute("aria-rowindex"),
      "2",
    );
  });

  itInChromium("reads the pages up to where it is scrolled", async () => {
    await page.evaluate(`${SCROLL}.scrollTop = 1e9`);
    await site.shows("#channels-scroll .open", "room:499");
    await page.waitForSelector(
      `#channels-scroll tr[aria-rowindex="${CHANNELS + 1}"]`,
    );
    const rows = await site.rows("channels");
    assert(rows.length < 60, `${rows.length} rows`);
    assertEquals(rows.at(-1)?.[0], "room:499");
  });

  itInChromium(
    "keeps the scroll position and the focus when its rows change",
    async () => {
      await page.evaluate(`${SCROLL}.scrollTop = 200 * 38`);
      const button = page.locator("#channels-scroll .open", {
        hasText: "room:210",
      });
      await button.focus();
      const top = await page.evaluate<number>(`${SCROLL}.scrollTop`);
      // A new channel before it moves every row.
      await publish(site.gateway, "a:first/t", "1");
      await site.shows("#channels-count", `${CHANNELS + 1} channels`);
      await page.waitForSelector(
        '#channels-scroll tr[aria-rowindex="213"] >> text=room:210',
      );
      assertEquals(await page.evaluate(FOCUSED), "room:210");
      assertEquals(await page.evaluate(`${SCROLL}.scrollTop`), top);
      // Enter opens the row, and closing the drawer returns to it.
      await page.keyboard.press("Enter");
      await site.shows("#drawer-title", "room:210");
      await page.keyboard.press("Escape");
      assertEquals(await page.evaluate(FOCUSED), "room:210");
      // The row that leaves the view hands the focus to the list.
      await page.evaluate(`${SCROLL}.scrollTop = 0`);
      await site.shows("#channels-scroll .open", "a:first");
      await site.holds("document.activeElement.id !== ''");
      assertEquals(
        await page.evaluate("document.activeElement.id"),
        "channels-scroll",
      );
    },
  );

  itInChromium("stands still while it is paused", async () => {
    await page.evaluate(`${SCROLL}.scrollTop = 0`);
    await site.shows("#channels-scroll .open", "a:first");
    await page.click("#channels-pause");
    await publish(site.gateway, "a:second/t", "1");
    // A page that was never read is read, although the list is paused.
    await page.fill("#channels-search", "room:4");
    await site.shows("#channels-count", "100 channels found");
    await page.fill("#channels-search", "");
    await site.shows("#channels-count", `${CHANNELS + 2} channels`);
    await publish(site.gateway, "a:third/t", "1");
    await page.click("#channels-pause");
    await site.shows("#channels-count", `${CHANNELS + 3} channels`);
    assertEquals(site.problems, []);
  });
});

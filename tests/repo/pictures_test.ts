import { assert, assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/browser/browser.ts";
import { startExample } from "../support/browser/example.ts";
import { PageUnderTest } from "../support/browser/page.ts";
import { keepPicture, sideBySide } from "../support/browser/picture.ts";
import { visit } from "../support/browser/visit.ts";
import { chromiumPath } from "../support/requirements.ts";
import { publish } from "../support/wire/publish.ts";
import { ROOT } from "../support/root.ts";

const MAX_BYTES = 100_000;
const FOLDER = "docs/images";
const GATEWAY_PAGE = `${FOLDER}/gateway-page.png`;
const RELOADED_ANSWER = `${FOLDER}/reloaded-answer.png`;

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

describe("the pictures of the documents", () => {
  let browser: Browser;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    browser = await launchChromium(executablePath);
  });

  afterAll(async () => {
    if (executablePath !== undefined) await browser.close();
  });

  itInChromium("show the gateway's page with messages", async () => {
    await using site = await PageUnderTest.start(browser);
    const { page } = site;
    await page.setViewportSize({ width: 1100, height: 545 });
    await site.open("");
    for (const percent of [20, 40, 60, 80, 100]) {
      await page.fill("#data", JSON.stringify({ file: "tides.csv", percent }));
      await page.click("#publish-one");
      await site.shows("#count", `${percent / 20} message`);
    }
    await publish(site.gateway, "orders:7/state", "paid");
    await page.fill("#publish-channel", "tides");
    await page.fill("#publish-topic", "forecast");
    await page.fill("#data", "High water at 06:12, low water at 12:24");
    await page.click("#publish-stream");
    await site.shows('.stream[data-state="ended"]', "High water");
    await page.evaluate("scrollTo(0, 0)");
    keepPicture(GATEWAY_PAGE, await page.screenshot());
    assertEquals(site.problems, []);
  });

  itInChromium("show an answer before and after a reload", async () => {
    const example = await startExample("llm-stream");
    const { page, problems, close } = await visit(browser, example.url);
    await page.setViewportSize({ width: 520, height: 620 });
    const text = "document.querySelector('article p').textContent";
    await page.click("text=What is a neap tide?");
    await page.waitForFunction(`${text}.length > 200`);
    const before = await page.screenshot();
    const half = await page.textContent("article p") ?? "";

    await page.reload();
    await page.waitForFunction(`${text}.length > ${half.length + 150}`);
    const after = await page.screenshot();
    const more = await page.textContent("article p") ?? "";
    assert(more.startsWith(half.slice(0, 200)), more);

    const both = await page.context().newPage();
    await both.setContent(
      sideBySide({
        "Half an answer": before,
        "Right after a reload: all of it, and it goes on": after,
      }),
    );
    keepPicture(RELOADED_ANSWER, await both.locator("body").screenshot());
    assertEquals(problems, []);
    await close();
    await example.close();
  });

  it("are small, and stand where they show what is said", () => {
    const files = readdirSync(join(ROOT, FOLDER)).map((name) =>
      `${FOLDER}/${name}`
    );
    assertEquals(files.toSorted(), [GATEWAY_PAGE, RELOADED_ANSWER]);
    const documents = {
      "README.md": RELOADED_ANSWER,
      "docs/admin.md": "images/gateway-page.png",
    };
    for (const [document, file] of Object.entries(documents)) {
      const text = readFileSync(join(ROOT, document), "utf8");
      // A text for readers who don't see the picture stands in the brackets.
      assertMatch(text, new RegExp(`!\\[[^\\]]{20,}\\]\\(${file}\\)`));
    }
    for (const file of files) {
      assert(statSync(join(ROOT, file)).size <= MAX_BYTES, file);
    }
  });
});

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./support/browser.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { chromiumPath } from "./support/requirements.ts";

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;
const NASTY = `it's "all" $HOME \`id\` \\n é\n! & | 'quoted' *`;

/** What curl is called with, as a real shell takes the command apart: each argument ends with a NUL. */
const CURL = `curl() {
  printf '%s\\0' "$@" >&2
  case "$*" in *token*) printf '{"jwt":"a.b.c"}' ;; esac
}
`;

/** Runs a command in a shell and returns the arguments of every `curl` in it. */
async function argumentsOf(command: string): Promise<string[]> {
  const run = promisify(execFile);
  const { stderr } = await run("sh", ["-c", CURL + command]);
  return stderr.split("\0").slice(0, -1);
}

describe("the commands of the page", () => {
  let browser: Browser;
  let gateway: TestGateway;
  let page: Page;
  const channel = "it's: a&b=c/d #1";
  const topics = ["hello", `"x", y`];

  beforeAll(async () => {
    if (executablePath === undefined) return;
    gateway = await startGateway({ dev: true });
    browser = await launchChromium(executablePath);
    page = await browser.newPage();
    const address = new URLSearchParams({ channel, from: "last:3" });
    for (const topic of topics) address.append("topic", topic);
    await page.goto(`${gateway.url}/#${address}`);
    await page.waitForSelector('#status[data-state="live"]');
    await page.fill("#data", NASTY);
  });

  afterAll(async () => {
    if (executablePath === undefined) return;
    await browser.close();
    await gateway.close();
  });

  async function text(id: string): Promise<string> {
    return await page.locator(`#${id}`).textContent() ?? "";
  }

  itInChromium("publish what the form has, whatever that is", async () => {
    const command = await text("publish-code");
    assertEquals(await text("empty-code"), command);
    const [url = "", option, body, ...more] = await argumentsOf(command);
    assertEquals([option, body, ...more], ["-d", NASTY]);
    const response = await fetch(url, { method: "POST", body });
    await response.body?.cancel();
    assertEquals(response.status, 200);
    await page.waitForSelector(".row");
    const data = await page.locator(".row .data").textContent();
    assertEquals(data, NASTY);
  });

  itInChromium("publish what curl would take for a file's name", async () => {
    await page.fill("#data", "@home");
    const [, ...more] = await argumentsOf(await text("publish-code"));
    assertEquals(more, ["--data-raw", "@home"]);
  });

  itInChromium("publish a data stream from the terminal", async () => {
    const [url = "", ...more] = await argumentsOf(await text("stream-code"));
    const query = new URL(url).searchParams;
    assertEquals([...query], [["channel", channel], ["topic", "hello"]]);
    assertEquals(
      more,
      ["-X", "POST", "-T", "-", "-H", "content-type: text/stream"],
    );
  });

  itInChromium("watch what the page watches", async () => {
    const [silent, token = "", option, claims = "", ...watch] =
      await argumentsOf(await text("watch-code"));
    assertEquals([silent, option], ["-s", "-d"]);
    assertEquals(
      JSON.parse(claims),
      topics.map((name) => ({ channel, name })),
    );
    const minted = await fetch(token, { method: "POST", body: claims });
    assertEquals(minted.status, 201);
    // What `cut` takes for the token.
    assertEquals((await minted.text()).split('"')[3]?.split(".").length, 3);
    assertEquals(watch, [
      "-N",
      `${gateway.url}/v1/realtime/sse?since=last:3`,
      "-H",
      "Authorization: Bearer a.b.c",
    ]);
  });
});

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../support/browser/browser.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { chromiumPath } from "../../support/requirements.ts";

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;
const NASTY = `it's "all" $HOME \`id\` \\n é\n! & | 'quoted' *`;

/** A `curl` that prints its arguments, each with a NUL at its end: a real shell splits the command. */
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

/** Runs a program on this test's runtime until it prints a line. */
async function firstLineOf(program: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-page-"));
  const file = join(folder, "program.ts");
  const root = new URL("../../../", import.meta.url);
  const module = new URL("mod.ts", root).href;
  await writeFile(file, program.replace("@tidings/realtime", module));
  const options = "Deno" in globalThis
    ? ["run", "-A", "--config", fileURLToPath(new URL("deno.json", root))]
    : [];
  const child = spawn(process.execPath, [...options, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      return line;
    }
    throw new Error("The program ended without a line");
  } finally {
    child.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
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

  itInChromium("publish any message of the form", async () => {
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

  itInChromium(
    "publish a message that curl would read as a file's name",
    async () => {
      await page.fill("#data", "@home");
      const [, ...more] = await argumentsOf(await text("publish-code"));
      assertEquals(more, ["--data-raw", "@home"]);
    },
  );

  itInChromium("publish a data stream from the terminal", async () => {
    const [url = "", ...more] = await argumentsOf(await text("stream-code"));
    const query = new URL(url).searchParams;
    assertEquals([...query], [["channel", channel], ["topic", "hello"]]);
    assertEquals(
      more,
      ["-X", "POST", "-T", "-", "-H", "content-type: text/stream"],
    );
  });

  itInChromium("subscribe like the page", async () => {
    const [silent, token = "", option, claims = "", ...watch] =
      await argumentsOf(await text("watch-code"));
    assertEquals([silent, option], ["-s", "-d"]);
    assertEquals(
      JSON.parse(claims),
      topics.map((name) => ({ channel, name })),
    );
    const minted = await fetch(token, { method: "POST", body: claims });
    assertEquals(minted.status, 201);
    // `cut` takes the token from this answer.
    assertEquals((await minted.text()).split('"')[3]?.split(".").length, 3);
    assertEquals(watch, [
      "-N",
      `${gateway.url}/v1/realtime/sse?since=last:3`,
      "-H",
      "Authorization: Bearer a.b.c",
    ]);
  });

  itInChromium("print the published messages, from a program", async () => {
    await publish(gateway, "program/news", "good tidings");
    await page.goto(`${gateway.url}/#channel=program&topic=news&from=start`);
    await page.waitForSelector(".row");
    const program = await text("typescript-code");
    assertEquals(program.match(/"@tidings\/realtime"/g)?.length, 1);
    assertEquals(await firstLineOf(program), "news good tidings");
  });
});

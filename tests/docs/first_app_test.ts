import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/browser/browser.ts";
import { NODE_MAJORS, nodeFolder } from "../support/package/node_versions.ts";
import { tarball } from "../support/package/tarball.ts";
import { visit } from "../support/browser/visit.ts";
import { chromiumPath } from "../support/requirements.ts";
import { ROOT } from "../support/root.ts";
import { askAndReload } from "../support/walkthrough/ask_and_reload.ts";
import {
  type AppCommands,
  runApp,
} from "../support/walkthrough/running_app.ts";
import { runCommands } from "../support/process/terminal.ts";
import { readWalkthrough } from "../support/walkthrough/walkthrough.ts";

const chromium = chromiumPath();
const itInChromium = chromium === undefined ? it.skip : it;

const walkthrough = readWalkthrough("docs/quickstart.md", "Node or Bun");
const [onNode = "", onBun = ""] = walkthrough.commands;
const [curl = ""] = readWalkthrough("README.md", "Run the gateway").commands
  .filter((commands) => commands.startsWith("curl "));

/** The Bun that also runs the tests. */
const BUN = join(ROOT, "node_modules/.bin/bun");

/** Publishes to the app's channel and reads the channel. */
const ITERATE = `
import { createRealtime, subscribe } from "@tidings/realtime";
import { answers } from "./channels.ts";

const app = createRealtime();
const channel = answers("bob");
const words = await subscribe({ app, channel, topics: ["word"] });
await app.publish(channel.word("hello"));
for await (const { data } of words) {
  console.log(data);
  break;
}
`;

/** Splits a block of commands: the last line starts the server, the one before it the gateway. */
function commandsOf(block: string): AppCommands {
  const lines = block.trim().split("\n");
  const [gateway = "", server = ""] = lines.slice(-2);
  return [lines.slice(0, -2).join("\n"), gateway, server];
}

/** Sends the request that a command of curl sends. */
async function sendAsCurl(command: string): Promise<void> {
  const [, url = "", body = ""] = /^curl "(.+)" -d "(.+)"$/m.exec(command) ??
    [];
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(url, { method: "POST", headers, body });
  assertEquals([response.status, url], [200, url], await response.text());
}

/** Makes a folder of programs in which Bun is the only runtime. */
async function onlyBun(folder: string): Promise<string> {
  const programs = join(folder, "bin");
  await mkdir(programs);
  for (const name of ["bun", "bunx"]) {
    await symlink(BUN, join(programs, name));
  }
  await symlink("/bin/sh", join(programs, "sh"));
  return programs;
}

// They are made here, as that may take longer than a test is allowed to.
await tarball();
const [oldest] = NODE_MAJORS;
const node = await nodeFolder(oldest);

describe("the quickstart's first app", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidings-docs-"));
    if (chromium !== undefined) browser = await launchChromium(chromium);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  itInChromium(
    `runs on Node ${oldest}, where its page survives a reload and shows what curl publishes`,
    async () => {
      await using app = await runApp(walkthrough, commandsOf(onNode), {
        PATH: [node, process.env.PATH].join(delimiter),
      });
      assertStringIncludes(app.gatewayOutput, "on Node");
      await askAndReload(browser, app.url);

      await sendAsCurl(curl.replace("http://localhost:8787", app.gatewayUrl));
      const { page, close } = await visit(browser, app.url);
      await page.locator("p").filter({ hasText: "Hello" }).waitFor();
      await close();
    },
  );

  itInChromium(
    "runs on a machine that has only Bun, where its page survives a reload",
    async () => {
      const env = {
        PATH: await onlyBun(folder),
        // npx names its Node here, and Bun would count on it.
        NODE: "",
        npm_node_execpath: "",
        // Bun's own cache knows packages by their version, not by their content.
        BUN_INSTALL_CACHE_DIR: join(folder, "cache"),
      };
      await using app = await runApp(walkthrough, commandsOf(onBun), env);
      assertStringIncludes(app.gatewayOutput, "on Bun");
      await askAndReload(browser, app.url);

      await writeFile(join(app.folder, "iterate.ts"), ITERATE);
      await runCommands('test "$(bun iterate.ts)" = hello', {
        cwd: app.folder,
        env: { ...env, REALTIME_URL: app.gatewayUrl },
      });
    },
  );

  it("has the commands of two runtimes", () => {
    assertEquals(walkthrough.commands.length, 2);
    assertEquals(commandsOf("a\nb\nc\nd\n"), ["a\nb", "c", "d"]);
  });
});

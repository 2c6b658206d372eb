import { assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/browser/browser.ts";
import { tarball } from "../support/package/tarball.ts";
import { chromiumPath } from "../support/requirements.ts";
import { askAndReload } from "../support/walkthrough/ask_and_reload.ts";
import { runApp } from "../support/walkthrough/running_app.ts";
import { runCommands } from "../support/process/terminal.ts";
import { readWalkthrough } from "../support/walkthrough/walkthrough.ts";

const chromium = chromiumPath();
const itInChromium = chromium === undefined ? it.skip : it;

const walkthrough = readWalkthrough("docs/quickstart.md", "Deno");

// The package is the same module on both registries, but JSR can't be replaced by a registry of this machine.
const [setUp = "", gateway = "", server = ""] = walkthrough.commands.map(
  (text) => text.replaceAll("jsr:@tidings/", "npm:@tidings/"),
);

// It is packed here, as that may take longer than a test is allowed to.
await tarball();

describe("the quickstart for Deno", () => {
  let browser: Browser;
  let cache: string;

  beforeAll(async () => {
    cache = await mkdtemp(`${tmpdir()}/tidings-deno-`);
    if (chromium !== undefined) browser = await launchChromium(chromium);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(cache, { recursive: true });
  });

  itInChromium("makes an app whose page survives a reload", async () => {
    // Deno's own cache knows packages by their version, not by their content.
    const env = { DENO_DIR: cache };
    await using app = await runApp(
      walkthrough,
      [setUp, gateway, server],
      env,
    );
    assertStringIncludes(app.gatewayOutput, "on Deno");
    await askAndReload(browser, app.url);
    await runCommands("deno check", { cwd: app.folder, env });
  });
});

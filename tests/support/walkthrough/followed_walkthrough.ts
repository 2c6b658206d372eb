import { it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchChromium } from "../browser/browser.ts";
import { type Visit, visit } from "../browser/visit.ts";
import { tarball } from "../package/tarball.ts";
import { runCommands } from "../process/terminal.ts";
import { chromiumPath } from "../requirements.ts";
import { startServers } from "./servers.ts";
import {
  readWalkthrough,
  type Walkthrough,
  writeFiles,
} from "./walkthrough.ts";

/** The folder in which the documents make an app. */
const APP = "my-app";

/** A walkthrough whose app runs. */
export interface FollowedWalkthrough {
  /** Declares a test that is skipped where there is no Chromium. */
  readonly itInChromium: typeof it.skip;
  /** The folder of the app. */
  readonly folder: string;
  /** Opens the page of a server: 0 is the one that the document starts first. */
  visit(server: number): Promise<Visit>;
  /** Stops all servers and removes the app. */
  close(): Promise<void>;
}

/** Stands for an app where there is no Chromium, and skips its tests. */
const NOT_FOLLOWED: FollowedWalkthrough = {
  itInChromium: it.skip,
  folder: "",
  visit: () => Promise.reject(new Error("Cannot visit: there is no Chromium")),
  close: () => Promise.resolve(),
};

/**
 * Follows a section of a document from an empty folder. Its first commands make an app in `my-app`, the second ones start the gateway, and
 * each other block starts a server of the app. The package comes from its tarball, and the servers listen on free ports.
 *
 * Test files await this at their top level, as npm may take longer than a test is allowed to.
 *
 * @param path The document's path from the project's folder.
 * @param heading The text of the section's heading.
 */
export async function followWalkthrough(
  path: string,
  heading: string,
): Promise<FollowedWalkthrough> {
  const chromium = chromiumPath();
  if (chromium === undefined) return NOT_FOLLOWED;
  await using stack = new AsyncDisposableStack();
  const walkthrough = readWalkthrough(path, heading);
  const folder = await makeApp(walkthrough, stack);

  const [, ...commands] = walkthrough.commands;
  const { urls } = await startServers(commands, { cwd: folder }, stack);

  const browser = await launchChromium(chromium);
  stack.defer(() => browser.close());
  const started = stack.move();
  return {
    itInChromium: it,
    folder,
    visit: (server) => visit(browser, urls[server] ?? ""),
    close: () => started.disposeAsync(),
  };
}

/** Replaces this package by its tarball in commands that install it from npm: `npm install @tidings/realtime`. */
async function fromTarball(commands: string): Promise<string> {
  const path = await tarball();
  return commands.replaceAll(/(?<= )@tidings\/realtime(?=\s)/g, path);
}

/** Makes the app in a new folder and returns its path. */
async function makeApp(
  walkthrough: Walkthrough,
  stack: AsyncDisposableStack,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-docs-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const [setUp = ""] = walkthrough.commands;
  await runCommands(await fromTarball(setUp), { cwd: folder });
  const app = join(folder, APP);
  await writeFiles(walkthrough, app);
  return app;
}

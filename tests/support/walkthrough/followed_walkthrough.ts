import { it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../brokers/redis.ts";
import { launchChromium } from "../browser/browser.ts";
import { type Visit, visit } from "../browser/visit.ts";
import { chromiumPath } from "../requirements.ts";
import { fromTarball, runCommands, Terminal } from "./terminal.ts";
import {
  readWalkthrough,
  type Walkthrough,
  writeFiles,
} from "./walkthrough.ts";

/** The folder in which the documents make an app. */
const APP = "my-app";

/** The URL of the gateway in the documents. */
const GATEWAY_URL = "http://localhost:8787";

/** A walkthrough whose app runs. */
export interface FollowedWalkthrough {
  /** Declares a test that is skipped where there is no Chromium. */
  readonly itInChromium: typeof it.skip;
  /** Opens the page of a server: 0 is the one that the document starts first. */
  visit(server: number): Promise<Visit>;
  /** Stops all servers and removes the app. */
  close(): Promise<void>;
}

/** What is returned where there is no Chromium. */
const NOT_FOLLOWED: FollowedWalkthrough = {
  itInChromium: it.skip,
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
 * @param ready Matches what the app's servers print when they listen. Its group is the URL.
 */
export async function followWalkthrough(
  path: string,
  heading: string,
  ready: RegExp,
): Promise<FollowedWalkthrough> {
  const chromium = chromiumPath();
  if (chromium === undefined) return NOT_FOLLOWED;
  await using stack = new AsyncDisposableStack();
  const walkthrough = readWalkthrough(path, heading);
  const cwd = await makeApp(walkthrough, stack);

  const start = async (
    command: string,
    ready: RegExp,
    env?: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const PORT = String(await freePort());
    const server = new Terminal(command, { cwd, env: { PORT, ...env } });
    return await stack.use(server).prints(ready);
  };
  const [, startGateway = "", ...startServers] = walkthrough.commands;
  const gateway = await start(startGateway, /listens on (http:\S+)/);
  const urls: string[] = [];
  for (const command of startServers) {
    const onThisGateway = command.replaceAll(GATEWAY_URL, gateway);
    const env = { REALTIME_URL: gateway };
    const url = await start(onThisGateway, ready, env);
    // The first request makes a development server build the page, which may take longer than a browser waits.
    await (await fetch(url)).text();
    urls.push(url);
  }

  const browser = await launchChromium(chromium);
  stack.defer(() => browser.close());
  const started = stack.move();
  return {
    itInChromium: it,
    visit: (server) => visit(browser, urls[server] ?? ""),
    close: () => started.disposeAsync(),
  };
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

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry } from "../package/registry.ts";
import { runCommands } from "../process/terminal.ts";
import { type Servers, startServers } from "./servers.ts";
import { type Walkthrough, writeFiles } from "./walkthrough.ts";

/** Commands that make an app of its files, start its gateway and start its server. */
export type AppCommands = readonly [
  setUp: string,
  gateway: string,
  server: string,
];

/** An app that runs as a document says, with its gateway. */
export interface RunningApp extends Servers, AsyncDisposable {
  readonly folder: string;
  readonly url: string;
}

/**
 * Makes an app in an empty folder and runs it, on free ports. The package comes from a registry of this machine.
 *
 * @param walkthrough The document's section, with the files of the app.
 * @param commands The commands of the section.
 * @param env Variables of the environment of all commands.
 */
export async function runApp(
  walkthrough: Walkthrough,
  [setUp, gateway, server]: AppCommands,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningApp> {
  await using stack = new AsyncDisposableStack();
  const cwd = await mkdtemp(join(tmpdir(), "tidings-docs-"));
  stack.defer(() => rm(cwd, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry());
  await registry.useIn(cwd);
  await writeFiles(walkthrough, cwd);
  await runCommands(setUp, { cwd, env });

  const servers = await startServers([gateway, server], { cwd, env }, stack);
  const kept = stack.move();
  return {
    folder: cwd,
    ...servers,
    url: servers.urls[0] ?? "",
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

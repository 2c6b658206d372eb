import type { Target } from "../wire/websocket.ts";
import { Cli } from "./cli.ts";
import { SIGNING_KEY } from "./gateway.ts";

/** A gateway of the command line with a SQLite database. */
export interface SqliteCli extends AsyncDisposable {
  readonly cli: Cli;
  readonly target: Target;
}

/** Starts a gateway on a database, with further flags and variables. Resolves when it listens. */
export async function startSqliteCli(
  path: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<SqliteCli> {
  const args = ["--port", "0", "--broker", `sqlite:${path}`, ...flags];
  const cli = new Cli(args, { ...env, REALTIME_SIGNING_KEY: SIGNING_KEY });
  const url = await cli.url();
  return {
    cli,
    target: { url, signingKey: SIGNING_KEY },
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

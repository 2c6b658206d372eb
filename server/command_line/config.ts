import { z } from "zod";
import { isLoopback } from "../../core/http/loopback.ts";
import { adminKeyProblem } from "../auth/admin_key.ts";
import { LOG_LEVELS } from "../log/console_log.ts";
import { LOG_FORMATS } from "../log/log_format.ts";
import { ConfigError } from "./config_error.ts";
import { parseArguments } from "./parse_arguments.ts";
import {
  adminKey,
  broker,
  duration,
  flag,
  origins,
  signingKey,
  whole,
} from "./values.ts";

const MAX_BYTES = 2 ** 40;

/** As much as a batch may have, and half of what clients read as one frame. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** The smallest file of a SQLite database that can be asked for. */
const MIN_STORAGE_BYTES = 16 * 1024 * 1024;

const schema = z.object({
  port: whole("a port", 0, 65535),
  host: z.string().min(1, "a host must not be empty").optional(),
  "signing-key": signingKey,
  "signing-key-fallback": signingKey,
  "admin-key": adminKey,
  broker,
  "history-size": whole("it", 1, 1_000_000),
  "history-ttl": duration("365d"),
  "history-bytes": whole("it", 1024, MAX_BYTES),
  "memory-budget": whole("it", 1024 * 1024, MAX_BYTES),
  "storage-budget": whole("it", MIN_STORAGE_BYTES, MAX_BYTES),
  "max-message-bytes": whole("it", 1, MAX_MESSAGE_BYTES),
  "stream-lease": duration("1d"),
  "allowed-origins": origins,
  "log-level": z.enum(LOG_LEVELS, "it must be debug, info, warning or error")
    .optional(),
  "log-format": z.enum(LOG_FORMATS, "it must be text or json").optional(),
  dev: flag,
});

/** The gateway's configuration, from flags and variables. */
export type Config = z.infer<typeof schema> & {
  readonly port: number;
  readonly host: string;
  readonly dev: boolean;
};

type FlagName = keyof z.input<typeof schema>;

/** Every flag, with its text in `--help` and the form of its value; a switch has none. */
export const FLAGS: Readonly<
  Record<FlagName, readonly [text: string, value?: string]>
> = {
  port: ["TCP port, 0 for a free one (8787)", "n"],
  host: ["address to listen on (127.0.0.1)", "address"],
  "signing-key": [
    "key for publishing and for minting tokens; needed without --dev",
    "key",
  ],
  "signing-key-fallback": [
    "previous key, accepted too while keys are rotated",
    "key",
  ],
  "admin-key": [
    "key of operators, for /metrics and the admin API",
    "key",
  ],
  broker: [
    "memory, sqlite:./tidings.db, or redis://… (memory)",
    "url",
  ],
  "history-size": ["messages kept for each channel (1000)", "n"],
  "history-ttl": ["how long messages are kept, such as 7d (5m)", "time"],
  "history-bytes": ["bytes kept for each channel (8388608)", "bytes"],
  "memory-budget": [
    "bytes of logs in memory (268435456); not with Redis",
    "bytes",
  ],
  "storage-budget": [
    "bytes of the SQLite file (as many as the disk has)",
    "bytes",
  ],
  "max-message-bytes": ["largest message (524288)", "bytes"],
  "stream-lease": [
    "silence after which a data stream ends with an error (60s)",
    "time",
  ],
  "allowed-origins": [
    "origins whose pages may connect (*; in development mode: loopback)",
    "list",
  ],
  "log-level": ["debug, info, warning or error (info)", "level"],
  "log-format": ["text, or json for one object a line (text)", "format"],
  dev: ["development mode: no key needed, a page at /; on loopback only"],
};

/** Returns the environment variable of a flag, such as `REALTIME_HISTORY_TTL` for `history-ttl`. */
export function variableOf(flag: string): string {
  const name = flag.toUpperCase().replaceAll("-", "_");
  return flag === "port" || flag === "host" ? name : `REALTIME_${name}`;
}

/** A parsed command line. */
export type Command =
  | { readonly run: "gateway"; readonly config: Config }
  | { readonly run: "help" }
  | { readonly run: "version" };

function parseFlags(args: string[]): Readonly<Record<string, unknown>> {
  const flags = Object.entries(FLAGS).map(([name, [, value]]) => {
    const type = value === undefined ? "boolean" : "string";
    return [name, { type }] as const;
  });
  const { values, others: [other] } = parseArguments(joinNegative(args), {
    help: { type: "boolean", short: "h" },
    version: { type: "boolean", short: "v" },
    ...Object.fromEntries(flags),
  });
  if (other !== undefined) {
    // Anything but a word may be the value of a flag that is missing, such as a key or a URL with a password.
    const name = /^[a-z]{1,20}$/.test(other) ? ` '${other}'` : "";
    throw new ConfigError(`Unexpected argument${name}; see --help`);
  }
  return values;
}

/** Joins negative numbers to the flags before them: Node's parser would take them for flags, and its error says nothing of numbers. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = Object.entries(FLAGS)
      .find(([name]) => joined.at(-1) === `--${name}`);
    const isValue = /^-\d/.test(arg) && before?.[1][1] !== undefined;
    if (isValue) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/**
 * Reads the command line and the environment; a flag wins over its variable.
 *
 * @throws {ConfigError} For a flag, a variable or a combination that can't be used.
 */
export function readConfig(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = parseFlags(args);
  if (flags.help) return { run: "help" };
  if (flags.version) return { run: "version" };
  const input: Record<string, string> = {};
  for (const name of Object.keys(FLAGS)) {
    const value = flags[name] ?? env[variableOf(name)];
    // An empty variable counts as not set; an empty flag is a mistake.
    if (flags[name] !== undefined || value) input[name] = String(value);
  }
  const result = schema.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0];
    const name = String(issue?.path[0]);
    const isFlag = flags[name] !== undefined;
    const source = isFlag ? `--${name}` : variableOf(name);
    throw new ConfigError(`Cannot use ${source}: ${issue?.message}`);
  }
  const config = result.data;
  return {
    run: "gateway",
    config: checkMode({
      ...config,
      port: config.port ?? 8787,
      host: config.host ?? "127.0.0.1",
      dev: config.dev ?? false,
    }),
  };
}

function checkMode(config: Config): Config {
  const { dev, host } = config;
  if (dev && !isLoopback(host)) {
    throw new ConfigError(
      `Cannot listen on ${host} in development mode: set --signing-key (REALTIME_SIGNING_KEY), or listen on 127.0.0.1`,
    );
  }
  checkBudgets(config);
  const {
    "signing-key": key,
    "signing-key-fallback": fallback,
    "admin-key": adminKey,
  } = config;
  if (!dev && key === undefined) {
    throw new ConfigError(
      "Cannot start without a signing key: set --signing-key (REALTIME_SIGNING_KEY), or use --dev",
    );
  }
  const problem = adminKey && adminKeyProblem(adminKey, [key, fallback]);
  if (problem) {
    throw new ConfigError(
      `Cannot use --admin-key (REALTIME_ADMIN_KEY): ${problem}`,
    );
  }
  return config;
}

/** Checks that the broker has what is given a budget. */
function checkBudgets(config: Config): void {
  const { broker = "memory" } = config;
  const isSqlite = broker.startsWith("sqlite:");
  if (config["memory-budget"] !== undefined && /^rediss?:/.test(broker)) {
    throw new ConfigError(
      "Cannot use --memory-budget (REALTIME_MEMORY_BUDGET) with Redis: set maxmemory in Redis",
    );
  }
  if (config["storage-budget"] !== undefined && !isSqlite) {
    throw new ConfigError(
      "Cannot use --storage-budget (REALTIME_STORAGE_BUDGET) without a SQLite broker: it bounds the database's file",
    );
  }
}

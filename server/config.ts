import { parseArgs } from "node:util";
import { z } from "zod";
import { MIN_SIGNING_KEY_LENGTH } from "../core/protocol/signing_key.ts";
import { parseRedisUrl } from "./brokers/redis/url.ts";
import { isLoopback } from "../core/http/loopback.ts";

/** A flag or variable whose value can't be used: one line that says which and why. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

function whole(name: string, min: number, max: number) {
  const problem = `${name} must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,15}$/, problem).transform(Number)
    .refine((n) => n >= min && n <= max, problem).optional();
}

const key = z.string().min(
  MIN_SIGNING_KEY_LENGTH,
  `a signing key must have at least ${MIN_SIGNING_KEY_LENGTH} characters`,
).optional();

/** A browser's `Origin` is compared as it is: a path or a pattern would never be equal to one. */
function isOrigin(text: string): boolean {
  return !text.includes("*") && URL.canParse(text) &&
    new URL(text).origin === text;
}

const origins = z.string().transform((list, context) => {
  if (list.trim() === "*") return "*" as const;
  const origins = list.split(",").map((origin) => origin.trim());
  for (const origin of origins) {
    if (!isOrigin(origin)) {
      context.addIssue(
        `${
          JSON.stringify(origin)
        } is no origin; write it as https://app.example.com, several with commas between, or * for all`,
      );
    }
  }
  return origins;
}).optional();

/** Only looked at here: the broker reads its URL itself. */
const broker = z.string().superRefine((text, context) => {
  if (text === "memory") return;
  const target = /^rediss?:/.test(text)
    ? parseRedisUrl(text)
    : "it must be memory or a Redis URL, as redis://localhost:6379";
  if (typeof target === "string") context.addIssue(target);
});

const MAX_BYTES = 2 ** 40;

const schema = z.object({
  port: whole("a port", 0, 65535),
  host: z.string().min(1, "a host must not be empty").optional(),
  "signing-key": key,
  "signing-key-fallback": key,
  broker: broker.optional(),
  "history-size": whole("it", 1, 1_000_000),
  "history-ttl": whole("it", 1, 30 * 24 * 3600),
  "history-bytes": whole("it", 1024, MAX_BYTES),
  "memory-budget": whole("it", 1024 * 1024, MAX_BYTES),
  "max-message-bytes": whole("it", 1, 64 * 1024 * 1024),
  "stream-lease": whole("it", 1, 24 * 3600),
  "allowed-origins": origins,
  "log-level": z.enum(
    ["debug", "info", "warning", "error"],
    "it must be debug, info, warning or error",
  ).optional(),
  dev: z.literal(["true", "1", "false", "0", ""], "it must be true or false")
    .transform((value) => value === "true" || value === "1").optional(),
});

/** The gateway's configuration, as the flags and variables say it. */
export type Config = z.infer<typeof schema> & {
  readonly port: number;
  readonly host: string;
  readonly dev: boolean;
};

interface Flag {
  readonly variable: string;
  /** The value's form, `undefined` for a switch. */
  readonly value?: string;
  readonly text: string;
}

/** Every flag: also what `--help` prints. */
export const FLAGS: Readonly<Record<keyof z.input<typeof schema>, Flag>> = {
  port: {
    variable: "PORT",
    value: "n",
    text: "TCP port, 0 for a free one (8787)",
  },
  host: {
    variable: "HOST",
    value: "address",
    text: "address to listen on (127.0.0.1)",
  },
  "signing-key": {
    variable: "REALTIME_SIGNING_KEY",
    value: "key",
    text:
      "key that apps publish and mint tokens with; without it: development mode",
  },
  "signing-key-fallback": {
    variable: "REALTIME_SIGNING_KEY_FALLBACK",
    value: "key",
    text: "the key before, taken too while keys are rotated",
  },
  broker: {
    variable: "REALTIME_BROKER",
    value: "url",
    text:
      "what keeps the logs: memory, or redis://… for several gateways (memory)",
  },
  "history-size": {
    variable: "REALTIME_HISTORY_SIZE",
    value: "n",
    text: "messages kept for each channel (1000)",
  },
  "history-ttl": {
    variable: "REALTIME_HISTORY_TTL",
    value: "seconds",
    text: "how long messages are kept (300)",
  },
  "history-bytes": {
    variable: "REALTIME_HISTORY_BYTES",
    value: "bytes",
    text: "bytes kept for each channel (8388608)",
  },
  "memory-budget": {
    variable: "REALTIME_MEMORY_BUDGET",
    value: "bytes",
    text:
      "bytes kept for all channels together, in memory (268435456); Redis has maxmemory",
  },
  "max-message-bytes": {
    variable: "REALTIME_MAX_MESSAGE_BYTES",
    value: "bytes",
    text: "largest message (524288)",
  },
  "stream-lease": {
    variable: "REALTIME_STREAM_LEASE",
    value: "seconds",
    text: "silence after which a stream's producer is lost (60)",
  },
  "allowed-origins": {
    variable: "REALTIME_ALLOWED_ORIGINS",
    value: "list",
    text: "origins whose pages may connect (*; in development mode: loopback)",
  },
  "log-level": {
    variable: "REALTIME_LOG_LEVEL",
    value: "level",
    text: "debug, info, warning or error (info)",
  },
  dev: {
    variable: "REALTIME_DEV",
    text: "development mode: no key needed, a page at /; on loopback only",
  },
};

/** What the command line asks for. */
export type Command =
  | { readonly run: "gateway"; readonly config: Config }
  | { readonly run: "help" }
  | { readonly run: "version" };

function parseFlags(args: string[]): Record<string, string | boolean> {
  try {
    const { values } = parseArgs({
      args,
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
        ...Object.fromEntries(
          Object.entries(FLAGS).map(([name, { value }]) => [
            name,
            { type: value === undefined ? "boolean" : "string" } as const,
          ]),
        ),
      },
    });
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) =>
        typeof value === "string" || typeof value === "boolean"
          ? [[name, value]]
          : []
      ),
    );
  } catch (error) {
    // node:util's message names the argument; what follows its first sentence is about Node.
    const [reason] = String(Object(error).message).split(/\. |\n/);
    throw new ConfigError(`${reason}; see --help`);
  }
}

/**
 * Reads the command line and the environment; a flag wins over its variable.
 *
 * @throws {ConfigError} For anything that can't be used.
 */
export function readConfig(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = parseFlags(args);
  if (flags.help) return { run: "help" };
  if (flags.version) return { run: "version" };
  const input: Record<string, string> = {};
  for (const [name, { variable }] of Object.entries(FLAGS)) {
    const value = flags[name] ?? env[variable];
    // An empty variable is one that is not set; an empty flag is a mistake.
    if (flags[name] !== undefined || value) input[name] = String(value);
  }
  const result = schema.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0];
    const name = String(issue?.path[0]);
    const variable = Object.entries(FLAGS).find(([flag]) => flag === name)?.[1]
      .variable;
    const source = flags[name] === undefined ? variable : `--${name}`;
    throw new ConfigError(`Cannot use ${source}: ${issue?.message}`);
  }
  const config = result.data;
  return {
    run: "gateway",
    config: checkMode({
      ...config,
      port: config.port ?? 8787,
      host: config.host ?? "127.0.0.1",
      dev: config.dev ?? config["signing-key"] === undefined,
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
  const { broker = "memory" } = config;
  if (broker !== "memory" && config["memory-budget"] !== undefined) {
    throw new ConfigError(
      "Cannot use --memory-budget (REALTIME_MEMORY_BUDGET) with Redis: set maxmemory in Redis",
    );
  }
  if (!dev && config["signing-key"] === undefined) {
    throw new ConfigError(
      "Cannot start without a signing key: set --signing-key (REALTIME_SIGNING_KEY), or use --dev",
    );
  }
  return config;
}

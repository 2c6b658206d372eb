import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  FLAGS,
  readConfig,
  variableOf,
} from "../../../server/command_line/config.ts";
import { ConfigError } from "../../../server/command_line/config_error.ts";

const KEY = "k".repeat(32);
const SHORT = "k".repeat(31);

/** Returns the configuration that flags and environment give. */
function configOf(
  args: readonly string[],
  env: Record<string, string> = {},
): object {
  const command = readConfig([...args], env);
  return command.run === "gateway" ? command.config : command;
}

/** Returns the one line of the error. */
function refusal(
  args: readonly string[],
  env: Record<string, string> = {},
): string {
  const { message } = assertThrows(() => configOf(args, env), ConfigError);
  assertEquals(message.includes("\n"), false);
  return message;
}

describe("readConfig()", () => {
  it("listens on loopback by default", () => {
    const config = { port: 8787, host: "127.0.0.1", dev: true };
    assertEquals(configOf(["--dev"]), config);
  });

  it("is in development mode with --dev only, whether there is a signing key or not", () => {
    const flags = ["--signing-key", KEY];
    const config = { port: 8787, host: "127.0.0.1", "signing-key": KEY };
    assertEquals(configOf(flags), { ...config, dev: false });
    assertEquals(configOf([...flags, "--dev"]), { ...config, dev: true });
  });

  it("accepts every flag, with and without =", () => {
    const values = {
      port: ["0", 0],
      host: ["::1", "::1"],
      "signing-key": [KEY, KEY],
      "signing-key-fallback": [`${KEY}2`, `${KEY}2`],
      "admin-key": ["a".repeat(32), "a".repeat(32)],
      broker: ["sqlite:./tidings.db", "sqlite:./tidings.db"],
      "history-size": ["5", 5],
      "history-ttl": ["60", "60"],
      "history-bytes": ["2048", 2048],
      "memory-budget": ["1048576", 1048576],
      "storage-budget": ["16777216", 16777216],
      "max-message-bytes": ["1000", 1000],
      "stream-lease": ["30s", "30s"],
      "log-format": ["json", "json"],
      "allowed-origins": [
        "https://a.example, http://localhost:3000",
        ["https://a.example", "http://localhost:3000"],
      ],
      "log-level": ["debug", "debug"],
    } as const;
    const wanted = {
      ...Object.fromEntries(
        Object.entries(values).map(([name, [, value]]) => [name, value]),
      ),
      dev: false,
    };
    const flags = Object.entries(values).map(([name, [text]]) =>
      [`--${name}`, text] as const
    );
    assertEquals(configOf(flags.flat()), wanted);
    assertEquals(configOf(flags.map((flag) => flag.join("="))), wanted);
    const env = Object.entries(values).map(([name, [text]]) =>
      [variableOf(name), text] as const
    );
    assertEquals(configOf([], Object.fromEntries(env)), wanted);
    // This covers every flag but the switch.
    assertEquals(flags.length, Object.keys(FLAGS).length - 1);
  });

  it("accepts the URL of a Redis, but no memory budget with it", () => {
    const url = "rediss://user:secret@a:7000,b:7000?prefix=app:";
    assertEquals(configOf(["--dev", "--broker", url, "--history-size", "5"]), {
      ...{ port: 8787, host: "127.0.0.1", dev: true },
      ...{ broker: url, "history-size": 5 },
    });
    const message = refusal(["--broker", url, "--memory-budget", "1048576"]);
    assertStringIncludes(message, "set maxmemory in Redis");
    for (const url of ["redis://u:12?secret@host", "redis://u:p@secret"]) {
      assertEquals(refusal([url]), "Unexpected argument; see --help");
    }
    const page = refusal(["--allowed-origins", "https://u:secret@host"]);
    assertStringIncludes(page, '"…@host" is no origin');
    const typo = refusal(["--broker", "redis://:secret@host:port"]);
    assertStringIncludes(typo, "Cannot use --broker: each host");
    assertEquals(typo.includes("secret"), false);
  });

  it("accepts the URL of a SQLite database, and budgets for its memory and its file", () => {
    const url = "sqlite:/var/lib/tidings/tidings.db?synchronous=normal";
    const budgets = { "memory-budget": 2 ** 20, "storage-budget": 2 ** 30 };
    const flags = Object.entries(budgets).map(([name, n]) => `--${name}=${n}`);
    assertEquals(configOf(["--dev", "--broker", url, ...flags]), {
      ...{ port: 8787, host: "127.0.0.1", dev: true },
      ...{ broker: url, ...budgets },
    });
  });

  it("refuses a budget for the file of a broker that has none", () => {
    for (const flags of [[], ["--broker=memory"], ["--broker=redis://a"]]) {
      assertEquals(
        refusal(["--dev", ...flags, "--storage-budget", "1073741824"]),
        "Cannot use --storage-budget (REALTIME_STORAGE_BUDGET) without a SQLite broker: it bounds the database's file",
      );
    }
  });

  it("accepts durations in all their forms, within their bounds", () => {
    for (const text of ["90", "1.5", "250ms", "90s", "5m", "2h", "1d"]) {
      for (const name of ["history-ttl", "stream-lease"]) {
        const config = Object(configOf(["--dev", `--${name}`, text]));
        assertEquals(config[name], text);
      }
    }
    const year = Object(configOf(["--dev", "--history-ttl", "365d"]));
    assertEquals(year["history-ttl"], "365d");
  });

  it("prefers a flag to its variable", () => {
    const config = configOf(["--dev", "--port", "1"], {
      PORT: "2",
      HOST: "::1",
    });
    assertEquals(config, { port: 1, host: "::1", dev: true });
  });

  it("treats an empty variable as not set", () => {
    const env = { PORT: "", REALTIME_SIGNING_KEY: "", REALTIME_DEV: "" };
    assertEquals(configOf(["--dev"], env), configOf(["--dev"]));
    assertStringIncludes(refusal([], env), "--signing-key");
  });

  it("refuses a signing key that no header can have, without repeating it", () => {
    for (
      const name of ["REALTIME_SIGNING_KEY", "REALTIME_SIGNING_KEY_FALLBACK"]
    ) {
      const env = { REALTIME_SIGNING_KEY: KEY, [name]: `${KEY}\n${KEY}` };
      assertEquals(
        refusal([], env),
        `Cannot use ${name}: it travels in a header, so it may have only visible characters of ASCII`,
      );
    }
  });

  it("reads development mode from its variable", () => {
    assertEquals(Object(configOf([], { REALTIME_DEV: "1" })).dev, true);
    const env = { REALTIME_SIGNING_KEY: KEY };
    for (const value of ["true", "1"]) {
      const { dev } = Object(configOf([], { ...env, REALTIME_DEV: value }));
      assertEquals(dev, true);
    }
    for (const value of ["false", "0"]) {
      const { dev } = Object(configOf([], { ...env, REALTIME_DEV: value }));
      assertEquals(dev, false);
    }
  });

  it("asks for help or the version, whatever the other flags", () => {
    for (const flag of ["--help", "-h"]) {
      assertEquals(configOf([flag, "--port", "x"]), { run: "help" });
    }
    for (const flag of ["--version", "-v"]) {
      assertEquals(configOf(["--host", "0.0.0.0", flag]), { run: "version" });
    }
  });

  const bad: Readonly<Record<string, readonly string[]>> = {
    port: ["", "x", "-1", "65536", "80.5", "0x50", "1e3", " 80"],
    host: [""],
    "signing-key": ["", "short", SHORT, `signkey-prod-${SHORT}`],
    "signing-key-fallback": ["", "short", `signkey-prod-${SHORT}`],
    "admin-key": ["", "short", SHORT, `${KEY} ${KEY}`, `${KEY}é`],
    broker: [
      "",
      "postgres",
      "memory ",
      "redis://",
      "redis://a:0",
      "redis://a/b",
      "sqlite",
      "sqlite:",
      "sqlite://host/a.db",
      "sqlite:./a.db?synchronous=off",
      "./tidings.db",
    ],
    "history-size": ["", "0", "-5", "1000001", "ten"],
    "history-ttl": ["", "0", "0s", "31536001", "366d", "5w", "5 m"],
    "history-bytes": ["", "1023", "8MB"],
    "memory-budget": ["", "1048575", "9999999999999"],
    "storage-budget": ["", "16777215", "9999999999999", "1g"],
    "max-message-bytes": ["", "0", "67108865", "512k"],
    "stream-lease": ["", "0", "86401", "2d", "90 s"],
    "allowed-origins": [
      "",
      "app.example.com",
      "https://app.example.com/",
      "https://a.example,,https://b.example",
      "https://*.example.com",
      "*,https://a.example",
    ],
    "log-level": ["", "verbose", "DEBUG"],
    "log-format": ["", "xml", "JSON"],
  };
  for (const [name, values] of Object.entries(bad)) {
    it(`refuses a bad --${name}, and names it`, () => {
      for (const value of values) {
        const flag = refusal([`--${name}=${value}`]);
        assertStringIncludes(flag, `--${name}`);
        if (value === "") continue;
        const variable = variableOf(name);
        assertStringIncludes(refusal([], { [variable]: value }), variable);
        // A key must not end up in a log.
        if (name.includes("-key")) {
          assertEquals(flag.includes(value), false);
        }
      }
    });
  }

  it("refuses an admin key that is a signing key too, and names both of its sources", () => {
    const keys = ["--signing-key", KEY, "--signing-key-fallback", `${KEY}2`];
    for (const same of [KEY, `${KEY}2`]) {
      assertEquals(
        refusal([...keys, "--admin-key", same]),
        "Cannot use --admin-key (REALTIME_ADMIN_KEY): it is the signing key too; an operator needs a key of their own",
      );
    }
  });

  it("says the bounds of a number to a negative one, which begins like a flag", () => {
    for (
      const name of [
        "port",
        "history-size",
        "history-bytes",
        "memory-budget",
        "storage-budget",
        "max-message-bytes",
      ]
    ) {
      assertStringIncludes(
        refusal([`--${name}`, "-1"]),
        `Cannot use --${name}: ${
          name === "port" ? "a port" : "it"
        } must be a whole number from `,
      );
    }
    assertEquals(
      refusal(["--stream-lease", "-1"]),
      'Cannot use --stream-lease: it is "-1", it must be a number of seconds, or a time such as "250ms", "30s" or "7d"',
    );
    assertEquals(
      refusal(["--stream-lease", "2d"]),
      'Cannot use --stream-lease: it is "2d", it must be from 1ms to 1d',
    );
    assertStringIncludes(refusal(["--dev", "-1"]), "'-1'");
  });

  it("refuses a bad REALTIME_DEV", () => {
    assertStringIncludes(refusal([], { REALTIME_DEV: "yes" }), "REALTIME_DEV");
  });

  it("refuses unknown flags and other words", () => {
    assertStringIncludes(refusal(["--prot", "80"]), "--prot");
    assertStringIncludes(refusal(["-x"]), "-x");
    assertStringIncludes(refusal(["start"]), "start");
    assertStringIncludes(refusal(["--port"]), "--port");
    assertStringIncludes(refusal(["--dev=1"]), "--dev");
  });

  it("refuses to listen on another host without a key, or in development mode", () => {
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.com"]) {
      assertStringIncludes(refusal(["--dev", "--host", host]), host);
      assertStringIncludes(refusal([], { HOST: host }), "--signing-key");
      const both = ["--host", host, "--signing-key", KEY, "--dev"];
      assertStringIncludes(refusal(both), "development mode");
      const { dev } = Object(configOf(["--host", host, "--signing-key", KEY]));
      assertEquals(dev, false);
    }
  });

  it("refuses to start without a key outside development mode", () => {
    for (const value of ["", "false", "0"]) {
      const message = refusal([], { REALTIME_DEV: value });
      assertStringIncludes(message, "--signing-key");
      assertStringIncludes(message, "--dev");
    }
  });
});

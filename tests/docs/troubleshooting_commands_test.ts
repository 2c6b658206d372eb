import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Cli } from "../support/gateway/cli.ts";
import { SIGNING_KEY } from "../support/gateway/gateway.ts";
import { patternOf } from "../support/placeholders.ts";
import { curlPath } from "../support/requirements.ts";
import { ROOT } from "../support/root.ts";

const ADMIN_KEY = "admin-".padEnd(40, "0123456789");

/** The gateway's URL in the document. */
const DOCUMENTED_URL = "http://localhost:8787";

/** A block of commands, with what the document says that they print. */
interface Commands {
  readonly text: string;
  readonly output: string | undefined;
}

/** Returns a text without the spaces that a list puts before its lines. */
function dedent(text: string, spaces: string): string {
  return text.replaceAll(new RegExp(`^${spaces}`, "gm"), "");
}

/** Reads the blocks of commands, each with the block of text that follows. */
function readCommands(document: string): Commands[] {
  const block =
    /^( *)```sh\n([^]*?)^ *```\n(?:\n *```text\n([^]*?)^ *```\n)?/gm;
  return [...document.matchAll(block)].map((
    [, spaces = "", text = "", output],
  ) => ({
    text: dedent(text, spaces),
    output: output === undefined ? undefined : dedent(output, spaces).trim(),
  }));
}

/** Runs a script in a shell to its end; returns its standard output. */
async function runScript(
  script: string,
  env: Record<string, string>,
): Promise<string> {
  const child = spawn("sh", ["-c", script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  await new Promise((resolve) => child.once("close", resolve));
  return output;
}

const itWithCurl = curlPath() === undefined ? it.skip : it;

describe("The commands of docs/troubleshooting.md", () => {
  const commands = readCommands(
    readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8"),
  );

  it("are found", () => {
    assert(commands.length >= 10);
    assert(commands.filter(({ output }) => output).length >= 8);
  });

  itWithCurl("print what the document says, one after the other", async () => {
    const origins = ["--allowed-origins", "https://app.example"];
    await using cli = new Cli(["--port", "0", ...origins], {
      REALTIME_SIGNING_KEY: SIGNING_KEY,
      REALTIME_ADMIN_KEY: ADMIN_KEY,
    });
    const url = await cli.url();
    // In one shell, because a command may set a variable for those below it.
    const script = commands
      .map(({ text }) => text.replaceAll(DOCUMENTED_URL, url))
      .join("\nprintf '\\036'\n");
    const output = await runScript(script, {
      REALTIME_SIGNING_KEY: SIGNING_KEY,
      REALTIME_ADMIN_KEY: ADMIN_KEY,
    });
    const printed = output.split("\x1e").map((text) => text.trim());
    assertEquals(printed.length, commands.length);
    for (const [i, { text, output }] of commands.entries()) {
      if (output === undefined) {
        assert(printed[i], text);
        assert(!printed[i]?.includes('"error"'), `${text}${printed[i]}`);
      } else {
        assertMatch(printed[i] ?? "", new RegExp(`^${patternOf(output)}$`));
      }
    }
  });
});

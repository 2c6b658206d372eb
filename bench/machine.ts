import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { Programs } from "../tests/support/process/programs.ts";
import { ROOT } from "../tests/support/root.ts";

/** What was measured on, with which versions, when: lines of a list. */
export function describeMachine(programs: Programs): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores of ` +
    `${cpu?.model}, ${gib} GiB, ${type()} ${release()}`,
    [
      versionOf(programs.deno, "--version"),
      `Bun ${versionOf(programs.bun, "--version")}`,
      `Node ${versionOf(programs.node, "--version")}`,
      `ws ${packageVersion("ws")}`,
      `Socket.IO ${packageVersion("socket.io")}`,
      versionOf("nats-server", "--version"),
      versionOf("mosquitto", "-h"),
      versionOf("cc", "--version"),
    ].filter((version) => version !== "").join(", "),
  ].map((line) => `- ${line}`).join("\n");
}

/** The first line of what a program says of its version; empty where there is no such program. */
function versionOf(program: string | undefined, flag: string): string {
  const { error, stdout } = spawnSync(program ?? "", [flag], {
    encoding: "utf8",
  });
  return error ? "" : stdout.split("\n")[0] ?? "";
}

function packageVersion(name: string): string {
  const path = `${ROOT}/node_modules/${name}/package.json`;
  return JSON.parse(readFileSync(path, "utf8")).version;
}

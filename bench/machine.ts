import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { Programs } from "../tests/support/process/programs.ts";
import { centrifugoVersion } from "./peers/centrifugo.ts";
import { natsVersion } from "./peers/nats.ts";
import { ROOT } from "../tests/support/root.ts";

/** Returns the date, the machine and the versions of all programs, as a list. */
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
      centrifugoVersion(),
      natsVersion(),
      versionOf("mosquitto", "-h"),
      versionOf("cc", "--version"),
    ].filter((version) => version !== "").join(", "),
  ].map((line) => `- ${line}`).join("\n");
}

/** Returns the first line that a program prints about its version; empty where the machine doesn't have it. */
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

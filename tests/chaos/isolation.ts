import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

/**
 * Prepares a network namespace: brings the loopback device up and makes the kernel's socket buffers small. Then a peer that doesn't read
 * stalls after kilobytes instead of megabytes, and thousands of such peers don't use up the kernel's memory for sockets.
 */
const PREPARE =
  "ip link set lo up && echo '4096 16384 131072' >/proc/sys/net/ipv4/tcp_wmem";

const UNSHARE = ["--net", "--map-root-user", "sh", "-c"];

/** Tells whether this system lets processes have a network namespace of their own. */
export function canIsolate(): boolean {
  if (process.platform !== "linux") return false;
  const { status } = spawnSync("unshare", [...UNSHARE, PREPARE], {
    stdio: "ignore",
  });
  return status === 0;
}

/**
 * Runs a command with this process's input and output.
 *
 * @param isolated Whether it gets a network namespace of its own.
 * @returns Its exit code.
 */
export async function runIn(
  isolated: boolean,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const wrapped = isolated
    ? ["unshare", ...UNSHARE, `${PREPARE} && exec "$@"`, "sh", ...command]
    : command;
  const [program = "", ...args] = wrapped;
  const child = spawn(program, args, {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

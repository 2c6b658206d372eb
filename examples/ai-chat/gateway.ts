import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** How long a gateway that was killed stays away, in milliseconds. */
const AWAY_MS = 1000;

/**
 * Runs the gateway in a process of its own, and starts it again when it is killed, as systemd or Kubernetes would. Ends it with this process.
 * Resolves when it listens.
 *
 * Yours is started by one of those: `npx @tidings/realtime --broker sqlite:./tidings.db --history-ttl 1h`, with REALTIME_SIGNING_KEY.
 */
export async function runGateway(port: number, path: string): Promise<void> {
  let gateway = await start(port, path);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      gateway.removeAllListeners("exit");
      gateway.once("exit", () => process.exit());
      gateway.kill(signal);
    });
  }
  watch();

  function watch(): void {
    gateway.once("exit", async () => {
      console.log("The gateway was killed");
      await setTimeout(AWAY_MS);
      gateway = await start(port, path);
      watch();
    });
  }
}

async function start(port: number, path: string): Promise<ChildProcess> {
  const runtime = "Deno" in globalThis ? ["run", "--allow-all"] : [];
  const gateway = spawn(process.execPath, [
    ...runtime,
    MAIN,
    "--dev",
    ...["--port", `${port}`],
    ...["--broker", `sqlite:${path}`],
    ...["--history-ttl", "1h"],
  ], { stdio: ["ignore", "pipe", "ignore"] as const });
  const ended = new AbortController();
  gateway.once("exit", () => ended.abort("The gateway can't start"));
  // Its first line says that it listens.
  await once(gateway.stdout, "data", ended);
  gateway.stdout.resume();
  console.log(`The gateway runs; to kill it: kill -9 ${gateway.pid}`);
  return gateway;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "../brokers/redis.ts";
import { nginxPath } from "../requirements.ts";
import { until } from "../until.ts";

/** The configuration from `docs/deploy.md`. */
const CONFIG = fileURLToPath(
  new URL("../../../deploy/nginx.conf", import.meta.url),
);

/** A real nginx in its own process. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Ends the process at once. */
  kill(): Promise<void>;
}

/** The processes that have not ended: none of them outlives this one. */
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Returns the documented configuration with other addresses. */
export function nginxConfig(port: number, gateways: readonly number[]): string {
  const [server = ""] = /^ *server [\d.:]+ .*;$/m.exec(read()) ?? [];
  const servers = gateways.map((gateway) =>
    server.replace(/[\d.]+:\d+/, `127.0.0.1:${gateway}`)
  );
  const [before = "", after = ""] = read().split(
    /(?:^ *server [\d.:]+ .*;\n)+/m,
  );
  return `${before}${servers.join("\n")}\n${after}`
    .replace("listen 80;", `listen 127.0.0.1:${port} backlog=4096;`);
}

function read(): string {
  return readFileSync(CONFIG, "utf8");
}

/**
 * Starts nginx with the documented configuration.
 *
 * @param gateways Ports of the gateways.
 * @param edit Changes the configuration, so that a test needn't wait for its times.
 */
export async function startNginx(
  gateways: readonly number[],
  edit: (config: string) => string = (config) => config,
): Promise<Nginx> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const kill = await runNginx(edit(nginxConfig(port, gateways)), async () => {
    try {
      await (await fetch(`${url}/health`)).body?.cancel();
      return true;
    } catch {
      // nginx doesn't listen yet.
      return false;
    }
  });
  return { port, url, kill, [Symbol.asyncDispose]: kill };
}

/**
 * Starts nginx with servers of a configuration.
 *
 * @param isUp Whether it answers.
 * @returns The function that ends it.
 */
export async function runNginx(
  servers: string,
  isUp: () => Promise<boolean>,
): Promise<() => Promise<void>> {
  const path = nginxPath();
  if (path === undefined) throw new Error("There is no nginx");
  const folder = await mkdtemp(join(tmpdir(), "tidings-nginx-"));
  // One process, run by the user of the tests: killing it leaves nothing behind.
  await writeFile(
    join(folder, "nginx.conf"),
    `
${process.getuid?.() === 0 ? "user root root;" : ""}
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ${servers}
}`,
  );
  const child = spawn(
    path,
    ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  running.add(child);
  let isRunning = true;
  const exit = once(child, "exit");
  async function kill(): Promise<void> {
    if (!isRunning) return;
    isRunning = false;
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(child.pid, "SIGKILL");
    }
    await exit;
    running.delete(child);
    await rm(folder, { recursive: true, force: true });
  }
  await until(async () => {
    if (child.exitCode !== null) {
      await kill();
      throw new Error("nginx did not start");
    }
    return await isUp();
  });
  return kill;
}

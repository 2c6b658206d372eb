import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parse, stringify } from "yaml";
import { freePort } from "../brokers/redis.ts";
import { prometheusPath, promtoolPath } from "../requirements.ts";
import { ROOT } from "../root.ts";
import { until } from "../until.ts";

/** A series of a query's result. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus in its own process. */
export interface Prometheus extends AsyncDisposable {
  /** Answers a query of PromQL; fails for one that is malformed. */
  query(promql: string): Promise<Series[]>;
}

/** The processes that have not ended: none of them outlives this one. */
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Returns `deploy/prometheus.yml` with other gateways, another key and a scrape every second. */
function configFor(gateways: readonly string[], keyFile: string): string {
  const config = parse(
    readFileSync(join(ROOT, "deploy/prometheus.yml"), "utf8"),
  );
  const { dns_sd_configs: _, ...job } = config.scrape_configs[0];
  return stringify({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: config.rule_files.map((file: string) =>
      join(ROOT, "deploy", file)
    ),
    scrape_configs: [{
      ...job,
      authorization: { ...job.authorization, credentials_file: keyFile },
      static_configs: [{ targets: gateways }],
    }],
  });
}

/**
 * Starts Prometheus with the configuration of `deploy`.
 *
 * @param gateways Host and port of each.
 */
export async function startPrometheus(
  gateways: readonly string[],
  adminKey: string,
): Promise<Prometheus> {
  const path = prometheusPath();
  if (path === undefined) throw new Error("There is no prometheus");
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "tidings-prometheus-"));
  const keyFile = join(folder, "admin_key");
  const configFile = join(folder, "prometheus.yml");
  await writeFile(keyFile, `${adminKey}\n`);
  await writeFile(configFile, configFor(gateways, keyFile));
  const child = spawn(path, [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=error",
  ], { stdio: ["ignore", "inherit", "inherit"] });
  running.add(child);
  const exit = once(child, "exit");
  async function kill(): Promise<void> {
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(child.pid, "SIGKILL");
    }
    await exit;
    running.delete(child);
    await rm(folder, { recursive: true, force: true });
  }
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) {
      await kill();
      throw new Error("Prometheus did not start");
    }
    try {
      const response = await fetch(`${url}/-/ready`);
      await response.body?.cancel();
      return response.ok;
    } catch {
      // It doesn't listen yet.
      return false;
    }
  });
  return {
    async query(promql) {
      const body = new URLSearchParams({ query: promql });
      const init = { method: "POST", body };
      const response = await fetch(`${url}/api/v1/query`, init);
      const { status, error, data } = await response.json();
      if (status !== "success") throw new Error(`${error}: ${promql}`);
      return data.result.map((
        { metric, value }: {
          metric: Series["metric"];
          value: [number, string];
        },
      ) => ({ metric, value: Number(value[1]) }));
    },
    [Symbol.asyncDispose]: kill,
  };
}

/**
 * Runs promtool in the project's folder.
 *
 * @returns Its exit code and all of its output.
 */
export function promtool(
  args: readonly string[],
  input = "",
): { code: number | null; output: string } {
  const path = promtoolPath();
  if (path === undefined) throw new Error("There is no promtool");
  const { status, stdout, stderr } = spawnSync(path, [...args], {
    cwd: ROOT,
    input,
    encoding: "utf8",
  });
  return { code: status, output: stdout + stderr };
}

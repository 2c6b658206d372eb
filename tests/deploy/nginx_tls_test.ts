import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/brokers/redis.ts";
import { readDeploy } from "../support/deploy_files.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { runNginx } from "../support/gateway/nginx.ts";
import { ADMIN_KEY } from "../support/metrics/samples.ts";
import { nginxPath, opensslPath } from "../support/requirements.ts";

const nginx = nginxPath();
const openssl = opensslPath();
const isHere = nginx !== undefined && openssl !== undefined;
const withNginx = isHere ? describe : describe.skip;

/** Returns a part of a configuration: the lines from a beginning to the end of its block. */
function blockOf(config: string, beginning: string): string[] {
  const lines = config.slice(config.indexOf(beginning)).split("\n");
  const indent = /^ */.exec(
    config.slice(0, config.indexOf(beginning)).split("\n").at(-1) ?? "",
  )?.[0] ?? "";
  return lines.slice(0, lines.indexOf(`${indent}}`));
}

withNginx("deploy/nginx-tls.conf", () => {
  let gateway: TestGateway;
  let folder: string;
  let kill: () => Promise<void>;
  let ports: { http: number; https: number };
  let servers: string;

  /** Sends a request with TLS; trusts only the certificate of this test. */
  async function ask(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number | undefined; body: string }> {
    const ca = readFileSync(join(folder, "tls.crt"));
    const sent = request({
      ...{ host: "localhost", port: ports.https, path, headers, ca },
      lookup: (_, { all }, found) =>
        all
          ? found(null, [{ address: "127.0.0.1", family: 4 }])
          : found(null, "127.0.0.1", 4),
      agent: false,
    });
    sent.end();
    const [response] = await once(sent, "response");
    let body = "";
    for await (const piece of response) body += piece;
    return { status: response.statusCode, body };
  }

  beforeAll(async () => {
    gateway = await startGateway({ adminKey: ADMIN_KEY });
    folder = await mkdtemp(join(tmpdir(), "tidings-tls-"));
    // The command is that of the first lines of compose.yaml.
    const [, command = ""] = /openssl (req .*)$/m
      .exec(readDeploy("compose.yaml")) ?? [];
    const args = command.replaceAll("certs/", `${folder}/`).split(" ");
    execFileSync(openssl ?? "", args, { stdio: "ignore" });
    ports = { http: await freePort(), https: await freePort() };
    servers = readDeploy("nginx-tls.conf")
      .replace("gateway:8787", new URL(gateway.url).host)
      .replaceAll("/etc/nginx/certs", folder)
      .replace("listen 80;", `listen 127.0.0.1:${ports.http};`)
      .replace("listen 443 ", `listen 127.0.0.1:${ports.https} `);
    kill = await runNginx(
      servers,
      () => ask("/livez").then(() => true, () => false),
    );
  });
  afterAll(async () => {
    await kill();
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is a configuration that nginx accepts", () => {
    const file = join(folder, "nginx.conf");
    const args = ["-t", "-p", folder, "-c", file, "-e", "stderr"];
    const test = (text: string) => {
      writeFileSync(file, `pid nginx.pid; events {} http { ${text} }`);
      const { status, stderr } = spawnSync(nginx ?? "", args);
      return { status, text: String(stderr) };
    };
    const good = test(servers);
    assertEquals([good.status, good.text.includes("[warn]")], [0, false]);
    const bad = test(servers.replace("proxy_buffering", "proxy_bufering"));
    assertEquals(bad.status, 1);
    assertStringIncludes(bad.text, "proxy_bufering");
  });

  it("leads to the gateway with TLS, and there from plain HTTP", async () => {
    const { status, body } = await ask("/readyz");
    assertEquals([status, JSON.parse(body)], [200, { status: "ok" }]);
    const plain = await fetch(`http://127.0.0.1:${ports.http}/readyz?a=b`, {
      redirect: "manual",
    });
    await plain.body?.cancel();
    assertEquals(
      [plain.status, plain.headers.get("location")],
      [301, "https://127.0.0.1/readyz?a=b"],
    );
  });

  it("keeps the metrics from the world, even with the key", async () => {
    const authorization = `Bearer ${ADMIN_KEY}`;
    const { status, body } = await ask("/metrics", { authorization });
    assertEquals(status, 404);
    assert(!body.includes("tidings_"));
  });

  it("treats requests as nginx.conf does", () => {
    const plain = readDeploy("nginx.conf");
    const secure = readDeploy("nginx-tls.conf");
    for (const beginning of ["location / {", "map $http_upgrade"]) {
      const lines = blockOf(secure, beginning);
      assertEquals(lines, blockOf(plain, beginning));
      assert(lines.length > 2);
    }
  });
});

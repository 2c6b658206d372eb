import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "../../server/command_line/config_error.ts";
import {
  composeVariables,
  readDeploy,
  readYaml,
  unknownVariables,
} from "../support/deploy_files.ts";
import { ROOT } from "../support/root.ts";

/** Seconds within which a gateway has drained. */
const DRAIN_SECONDS = 30;

/** A service that may need others: their names, or what has to hold of them. */
interface Needs {
  readonly depends_on?:
    | readonly string[]
    | Readonly<Record<string, { readonly condition: string }>>;
}

const [compose] = readYaml("compose.yaml");
const [prometheus] = readYaml("prometheus.yml");
const { services } = compose;
const { gateway } = services;

const environment = composeVariables(gateway.environment);

/** Returns the files that a service mounts, by their places in the container. */
function mountsOf(service: string): Map<string, string> {
  const volumes: string[] = services[service].volumes;
  return new Map(volumes.map((volume) => {
    const [from = "", to = ""] = volume.split(":");
    return [to, from];
  }));
}

describe("deploy/compose.yaml", () => {
  it("starts the gateway with variables that it has, and values that it takes", () => {
    assertEquals(unknownVariables(environment), []);
    const wrong = { ...environment, REALTIME_BROKER: "postgres://redis" };
    assertThrows(() => unknownVariables(wrong), ConfigError);
    const renamed = { ...environment, REALTIME_SECRET: "x" };
    assertEquals(unknownVariables(renamed), ["REALTIME_SECRET"]);
  });

  it("has each file that it names", () => {
    const { context, dockerfile } = gateway.build;
    const files = [join(context, dockerfile)];
    for (const service of ["nginx", "prometheus", "grafana"]) {
      files.push(...mountsOf(service).values());
    }
    const missing = files.filter((file) =>
      !existsSync(join(ROOT, "deploy", file))
    );
    // A volume, and what the first lines of the file say how to make.
    assertEquals(missing.sort(), ["./certs", "prometheus"]);
    assert("prometheus" in compose.volumes);
    assert(readDeploy("compose.yaml").includes("mkdir certs &&"));
    const ignored = new Set(
      readDeploy("../.gitignore").split("\n"),
    );
    assert(ignored.has("deploy/.env") && ignored.has("deploy/certs/"));
  });

  it("leads from service to service by names and ports that are there", () => {
    const { PORT, REALTIME_BROKER } = environment;
    assertEquals(gateway.expose, [PORT]);
    const [, , , check] = gateway.healthcheck.test;
    assertMatch(
      check,
      new RegExp(`^fetch\\("http://127.0.0.1:${PORT}/readyz"`),
    );
    const [, upstream] = /server (\S+) max_fails/
      .exec(readDeploy("nginx-tls.conf")) ?? [];
    const [{ dns_sd_configs: [scraped] }] = prometheus.scrape_configs;
    const [datasource] = readYaml("grafana/datasource.yml")[0].datasources;
    const places = {
      nginx: upstream,
      prometheus: `${scraped.names}:${scraped.port}`,
      broker: new URL(REALTIME_BROKER ?? "").host,
      grafana: new URL(datasource.url).host,
    };
    assertEquals(places, {
      nginx: `gateway:${PORT}`,
      prometheus: `gateway:${PORT}`,
      broker: "redis:6379",
      grafana: "prometheus:9090",
    });
    for (const { depends_on: needed = {} } of Object.values<Needs>(services)) {
      const names = Array.isArray(needed) ? needed : Object.keys(needed);
      const unknown = names.filter((name) => !(name in services));
      assertEquals(unknown, []);
      for (const [name, { condition }] of Object.entries(needed)) {
        if (condition !== "service_healthy") continue;
        assert("healthcheck" in services[name], name);
      }
    }
  });

  it("waits for the drain before it kills a gateway", () => {
    const seconds = Number(/^(\d+)s$/.exec(gateway.stop_grace_period)?.[1]);
    assert(seconds > DRAIN_SECONDS);
  });

  it("gives Prometheus the admin key and the alerts", () => {
    const [{ authorization }] = prometheus.scrape_configs;
    const [secret] = services.prometheus.secrets;
    assertEquals(authorization.credentials_file, `/run/secrets/${secret}`);
    assertEquals(compose.secrets[secret].environment, "REALTIME_ADMIN_KEY");
    const mounts = mountsOf("prometheus");
    const main = "/etc/prometheus/prometheus.yml";
    assertEquals(mounts.get(main), "./prometheus.yml");
    for (const file of prometheus.rule_files) {
      assertEquals(mounts.get(join(dirname(main), file)), `./${file}`);
    }
  });

  it("gives Grafana its data source and the dashboard", () => {
    const mounts = mountsOf("grafana");
    const [{ options }] = readYaml("grafana/dashboards.yml")[0].providers;
    const [place = ""] =
      [...mounts].find(([, file]) => file === "./grafana-dashboard.json") ?? [];
    assertEquals(dirname(place), options.path);
    const provisioning = "/etc/grafana/provisioning";
    assertEquals(
      ["datasources/datasource.yml", "dashboards/dashboards.yml"]
        .map((file) => mounts.get(join(provisioning, file))),
      ["./grafana/datasource.yml", "./grafana/dashboards.yml"],
    );
  });

  it("makes certificates where nginx reads them", () => {
    const mounts = mountsOf("nginx");
    const config = readDeploy("nginx-tls.conf");
    for (const [, file = ""] of config.matchAll(/ssl_\w+ (\/\S+);/g)) {
      assertEquals(mounts.get(dirname(file)), "./certs");
      const name = file.slice(dirname(file).length + 1);
      assert(readDeploy("compose.yaml").includes(`certs/${name}`));
    }
  });
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { dirname } from "node:path";
import { parseSqliteUrl } from "../../server/brokers/sqlite/url.ts";
import { readConfig } from "../../server/command_line/config.ts";
import {
  composeVariables,
  podVariables,
  readDeploy,
  readYaml,
  unknownVariables,
} from "../support/deploy_files.ts";

/** Seconds within which a gateway has drained. */
const DRAIN_SECONDS = 30;

const SECRET = { "signing-key": "s".repeat(32), "admin-key": "a".repeat(32) };

const [compose] = readYaml("compose-sqlite.yaml");
const [statefulSet, service, ...others] = readYaml("kubernetes-sqlite.yaml");
const unit = readDeploy("tidings.service");
const { gateway } = compose.services;
const { template, volumeClaimTemplates: [claim] } = statefulSet.spec;
const pod = template.spec;
const [container] = pod.containers;

/** Returns a value of the unit. */
function unitValue(name: string): string {
  return new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";
}

/** Returns the variables with which each file starts the gateway. */
function variablesOf(): Record<
  "compose" | "kubernetes",
  Record<string, string>
> {
  return {
    compose: composeVariables(gateway.environment),
    kubernetes: podVariables(container.env, SECRET),
  };
}

/** Returns the folder of the database that a URL names. */
function folderOf(url: string | undefined): string {
  const target = parseSqliteUrl(url ?? "");
  return typeof target === "string" ? target : dirname(target.path);
}

describe("the files for one gateway with a database", () => {
  it("start it with flags and variables that it has, and values that it takes", () => {
    for (const variables of Object.values(variablesOf())) {
      assertEquals(unknownVariables(variables), []);
    }
    const [, program, ...args] = unitValue("ExecStart").split(" ");
    assertEquals(program, "/opt/tidings/server/main.ts");
    const env = { REALTIME_SIGNING_KEY: SECRET["signing-key"] };
    assertEquals(readConfig(args, env).run, "gateway");
  });

  it("keep the database where it outlives the gateway and the gateway may write", () => {
    const { compose: ofCompose, kubernetes } = variablesOf();
    const [volume = "", folder] = gateway.volumes[0].split(":");
    assertEquals(folder, folderOf(ofCompose.REALTIME_BROKER));
    assert(volume in compose.volumes);
    // A new volume gets the owner that the folder has in the image.
    const image = readDeploy("Dockerfile");
    assertMatch(
      image,
      /^RUN mkdir \/data && chown node:node \/data\nUSER node$/m,
    );
    const [mount] = container.volumeMounts;
    assertEquals(mount, {
      name: claim.metadata.name,
      mountPath: folderOf(kubernetes.REALTIME_BROKER),
    });
    assertEquals(pod.securityContext.fsGroup, pod.securityContext.runAsUser);
    const [, flag] = unitValue("ExecStart").split(" --broker ");
    assertEquals(folderOf(flag), `/var/lib/${unitValue("StateDirectory")}`);
  });

  it("never run two gateways on the database", () => {
    assertEquals([gateway.deploy, gateway.scale], [undefined, undefined]);
    assertEquals([statefulSet.kind, statefulSet.spec.replicas], [
      "StatefulSet",
      1,
    ]);
    assertEquals(claim.spec.accessModes, ["ReadWriteOncePod"]);
    // Another start doesn't help where the database can't be used.
    assertEquals(unitValue("RestartPreventExitStatus"), "2");
  });

  it("bound the file below what the volume has", () => {
    const { kubernetes } = variablesOf();
    const size = claim.spec.resources.requests.storage;
    const bytes = Number(/^(\d+)Gi$/.exec(size)?.[1]) * 2 ** 30;
    assert(Number(kubernetes.REALTIME_STORAGE_BUDGET) < bytes);
  });

  it("lead to the gateway by ports and labels that are there", () => {
    const { compose: { PORT }, kubernetes } = variablesOf();
    assertEquals(gateway.expose, [PORT]);
    assert(gateway.healthcheck.test[3].includes(`127.0.0.1:${PORT}/readyz`));
    const proxied = /server (\S+) max_fails/.exec(readDeploy("nginx-tls.conf"));
    assertEquals(proxied?.[1], `gateway:${PORT}`);
    const [port] = container.ports;
    assertEquals(String(port.containerPort), kubernetes.PORT);
    assertEquals(service.spec.ports[0].targetPort, port.name);
    const { labels } = template.metadata;
    assertEquals(service.spec.selector, labels);
    assertEquals(statefulSet.spec.selector.matchLabels, labels);
    assertEquals(statefulSet.spec.serviceName, service.metadata.name);
    assertEquals(others, []);
  });

  it("probe and stop it as the files for several gateways do", () => {
    const [deployment] = readYaml("kubernetes.yaml");
    const several = deployment.spec.template.spec;
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
      assertEquals(container[probe], several.containers[0][probe]);
    }
    assertEquals(container.lifecycle, several.containers[0].lifecycle);
    assertEquals(
      pod.terminationGracePeriodSeconds,
      several.terminationGracePeriodSeconds,
    );
    const seconds = /^(\d+)s$/.exec(gateway.stop_grace_period)?.[1];
    assert(Number(seconds) > DRAIN_SECONDS);
    assert(Number(unitValue("TimeoutStopSec")) > DRAIN_SECONDS);
  });

  it("take the keys from the secret that the first lines make", () => {
    const text = readDeploy("kubernetes-sqlite.yaml");
    const made = [...text.matchAll(/(?:'|\\n)([\w-]+)=%s/g)]
      .map(([, key]) => key);
    assertEquals(made, Object.keys(SECRET));
  });
});

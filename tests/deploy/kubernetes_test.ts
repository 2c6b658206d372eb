import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startGateway } from "../support/gateway/gateway.ts";
import {
  type PodVariable,
  podVariables,
  readDeploy,
  readYaml,
  unknownVariables,
} from "../support/deploy_files.ts";

/** Seconds within which a gateway has drained. */
const DRAIN_SECONDS = 30;

const [deployment, service, budget, ...others] = readYaml("kubernetes.yaml");
const { template, selector, replicas } = deployment.spec;
const pod = template.spec;
const [container] = pod.containers;

const variables: readonly PodVariable[] = container.env;

describe("deploy/kubernetes.yaml", () => {
  it("has a deployment, a service and a budget that mean the same pods", () => {
    assertEquals(others, []);
    const kinds = [deployment, service, budget].map(({ apiVersion, kind }) =>
      `${apiVersion} ${kind}`
    );
    assertEquals(kinds, [
      "apps/v1 Deployment",
      "v1 Service",
      "policy/v1 PodDisruptionBudget",
    ]);
    const { labels } = template.metadata;
    assertEquals(selector.matchLabels, labels);
    assertEquals(service.spec.selector, labels);
    assertEquals(budget.spec.selector.matchLabels, labels);
    assert(budget.spec.minAvailable < replicas);
    const { maxSurge, maxUnavailable } = deployment.spec.strategy.rollingUpdate;
    assert(maxSurge + maxUnavailable > 0);
  });

  it("starts the gateway with variables that it has, and values that it takes", () => {
    const secret: Readonly<Record<string, string>> = {
      "signing-key": "s".repeat(32),
      "admin-key": "a".repeat(32),
      "broker": "redis://:password@redis.internal:6379",
    };
    const filled = podVariables(variables, secret);
    assertEquals(unknownVariables(filled), []);
  });

  it("takes each key from the secret that its first lines make", () => {
    const text = readDeploy("kubernetes.yaml");
    const made = [...text.matchAll(/(?:'|\\n)([\w-]+)=%s/g)]
      .map(([, key]) => key);
    const [, name] = /create secret generic (\w+)/.exec(text) ?? [];
    const used = variables.flatMap(({ valueFrom }) => valueFrom ?? []);
    assertEquals(used.map(({ secretKeyRef: { key } }) => key), made);
    assertEquals(
      new Set(used.map(({ secretKeyRef }) => secretKeyRef.name)),
      new Set([name]),
    );
    // A key in the manifest itself would be in everyone's repository.
    for (const { name, value } of variables) {
      assert(value === undefined || !name.endsWith("_KEY"), name);
    }
  });

  it("asks the gateway at its port, and at paths that it answers", async () => {
    const [port] = container.ports;
    const listens = variables.find(({ name }) => name === "PORT");
    assertEquals(String(port.containerPort), listens?.value);
    assertEquals(service.spec.ports[0].targetPort, port.name);
    await using gateway = await startGateway();
    const paths = {
      startupProbe: "/livez",
      livenessProbe: "/livez",
      readinessProbe: "/readyz",
    };
    for (const [probe, path] of Object.entries(paths)) {
      const { httpGet } = container[probe];
      assertEquals(httpGet, { path, port: port.name });
      const answer = await fetch(gateway.url + path);
      assertEquals(answer.status, 200);
      await answer.body?.cancel();
    }
    // The answer takes up to 2 seconds while the broker is away.
    assert(container.readinessProbe.timeoutSeconds > 2);
  });

  it("waits for the drain before it kills a gateway", () => {
    const [program, seconds] = container.lifecycle.preStop.exec.command;
    assertEquals(program, "sleep");
    const needed = Number(seconds) + DRAIN_SECONDS;
    assert(pod.terminationGracePeriodSeconds > needed);
  });
});

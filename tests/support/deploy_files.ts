import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseAllDocuments } from "yaml";
import {
  FLAGS,
  readConfig,
  variableOf,
} from "../../server/command_line/config.ts";
import { ROOT } from "./root.ts";

/** Reads a file of the folder `deploy`. */
export function readDeploy(file: string): string {
  return readFileSync(join(ROOT, "deploy", file), "utf8");
}

/** Parses the documents of a YAML file of the folder `deploy`; fails for one that is malformed or has a key twice. */
export function readYaml(file: string): Array<ReturnType<Document["toJS"]>> {
  return parseAllDocuments(readDeploy(file)).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    return document.toJS();
  });
}

/** Returns the variables that no flag of the gateway has; fails if the gateway would not start with them. */
export function unknownVariables(
  variables: Readonly<Record<string, string>>,
): string[] {
  readConfig([], variables);
  const known = new Set(Object.keys(FLAGS).map(variableOf));
  return Object.keys(variables).filter((name) => !known.has(name));
}

/** Returns the variables of a service of a Compose file. Those of `.env` have to be there, and get a value. */
export function composeVariables(
  environment: Readonly<Record<string, string | number>>,
): Record<string, string> {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.map(([name, value]) => [
    name,
    String(value).replace(/\$\{(\w+):\?[^}]+\}/, (_, variable) => {
      assertEquals(variable, name);
      return variable.padEnd(32, "x");
    }),
  ]));
}

/** A variable of a container in Kubernetes. */
export interface PodVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef: { readonly name: string; readonly key: string };
  };
}

/** Returns the variables of a container in Kubernetes, with those of a secret. */
export function podVariables(
  variables: readonly PodVariable[],
  secret: Readonly<Record<string, string>>,
): Record<string, string> {
  const filled = variables.map(({ name, value, valueFrom }) =>
    [name, value ?? secret[valueFrom?.secretKeyRef.key ?? ""] ?? ""] as const
  );
  assertEquals(filled.filter(([, value]) => value === ""), []);
  return Object.fromEntries(filled);
}

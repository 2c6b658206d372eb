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

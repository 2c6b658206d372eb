import { randomBytes } from "node:crypto";
import { startListening } from "../support/process/child.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../support/process/programs.ts";
import type { Answer } from "./answers.ts";
import type { Failure } from "./campaign.ts";
import type { Case } from "./case.ts";
import { makeCase } from "./cases.ts";
import { Credentials } from "./credentials.ts";
import { exchange } from "./exchange.ts";
import { escapeBytes } from "./mutate.ts";

/** The cases that are compared. */
export interface Range {
  readonly seed: number;
  /** The first case of HTTP. */
  readonly from: number;
  /** The number after the last case. */
  readonly to: number;
}

/** Options of a comparison: its cases, and its runtime. */
export interface CompareOptions extends Range {
  readonly programs: Programs;
  readonly runtime: RuntimeName;
}

/** The result of a comparison. */
export interface Comparison {
  /** How many cases were answered by both. */
  readonly compared: number;
  /** The first cases whose answers differ. */
  readonly differences: readonly Failure[];
  /** How many cases have answers that differ. */
  readonly differing: number;
}

const FAST = "tests/support/process/gateway_probe.ts";
const GENERAL = "tests/fuzz/mounted_gateway.ts";

/** How often a case is sent before its answers count as different. */
const TRIES = 4;

/** How many differences are kept. */
const KEPT = 20;

/** Headers that say how an answer is sent, not what it is. */
const TRANSFER = [
  ...["date", "connection", "keep-alive", "transfer-encoding"],
  "content-length",
];

/** Compares a gateway, whose requests may take the fast path, with one that is mounted in an app. */
export async function compare(
  { programs, runtime, ...range }: CompareOptions,
): Promise<Comparison> {
  const signingKey = `signkey-fuzz-${randomBytes(32).toString("hex")}`;
  const servers = [];
  try {
    for (const script of [FAST, GENERAL]) {
      const command = commandFor(programs, runtime, script);
      command.push("--port", "0", "--signing-key", signingKey);
      servers.push(await startListening(command, () => {}));
    }
    const ports = servers.map(({ url }) => Number(new URL(url).port));
    const credentials = await Credentials.create(signingKey);
    return await compareGateways(ports, { ...range, credentials });
  } finally {
    await Promise.all(servers.map(({ child }) => child.stop()));
  }
}

/** Sends cases of HTTP to two gateways, one case after the other, and compares the answers. */
export async function compareGateways(
  ports: readonly number[],
  { seed, from, to, credentials }: Range & {
    readonly credentials: Credentials;
  },
): Promise<Comparison> {
  const differences: Failure[] = [];
  let compared = 0;
  let differing = 0;
  for (let number = from; number < to; number++) {
    const sent = makeCase(seed, "http", number, credentials);
    if (!isComparable(sent)) continue;
    const answers = (): Promise<string[]> =>
      Promise.all(ports.map((port) => answersTo(port, sent)));
    let [fast = "", general = ""] = await answers();
    // The answer to a request whose body is not read may get lost with the connection.
    for (let tries = 1; fast !== general && tries < TRIES; tries++) {
      [fast = "", general = ""] = await answers();
    }
    // Whether a token is over its rate depends on the time.
    if ((fast + general).includes("rate_limited")) continue;
    compared++;
    if (fast === general) continue;
    if (++differing > KEPT) continue;
    differences.push({
      name: `http:${number}`,
      problem: "the fast path answers\n" +
        `      ${fast}\n    and the general path\n      ${general}`,
      bytes: escapeBytes(sent.bytes),
    });
  }
  return { compared, differences, differing };
}

/** Tells whether both gateways can answer a case, and at once: with `wait` an answer comes when a stream ends. */
function isComparable({ bytes, isWhole, methods }: Case): boolean {
  return isWhole && methods.length === 1 && !bytes.includes("wait=");
}

async function answersTo(port: number, sent: Case): Promise<string> {
  const { answers, noise, isLate } = await exchange(port, sent);
  if (isLate) return "nothing";
  if (noise !== undefined) return "something that is not HTTP";
  // A runtime that refuses a request itself closes the connection, and its answer may be lost.
  if (answers.every(isOfRuntime)) return "a refusal by the runtime";
  return answers.map((answer) => describe(answer, port)).join("\n");
}

/** Tells whether a runtime refused a request before the gateway saw it. */
function isOfRuntime({ status, body, headers }: Answer): boolean {
  return status >= 400 && body === "" && !headers.has("content-type");
}

/** Describes an answer without what differs each time: ids, times, tokens, and how a body was split into chunks. */
function describe({ status, headers, body }: Answer, port: number): string {
  const fields = [...headers]
    .filter(([name]) => !TRANSFER.includes(name))
    .map(([name, value]) => `${name}: ${value}`).sort();
  const text = body
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
    .replace(/^\{"messages":\[.*\]/, '{"messages":[…]')
    .replace(/"more":\w+/, '"more":…')
    .replaceAll(/\b[a-z0-9]{8}-\d+\b/g, "<id>")
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/\b127\.0\.0\.1:\d+/g, "<host>")
    .replaceAll(`:${port}`, ":<port>");
  return `${status} {${fields.join("; ")}} ${escapeBytes(text)}`;
}

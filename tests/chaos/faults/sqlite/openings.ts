import { randomBytes } from "node:crypto";
import { type Fault, rowOf, type Trial } from "../../fault.ts";
import { GatewayProcess } from "../../gateway_process.ts";
import { reasonOf } from "../../raw_gateway.ts";
import { makeStorage, type Storage } from "../../storage.ts";
import { TOPIC } from "../../../support/topic.ts";

/** How many operations lie between two endings. */
const STEP = { long: 1, short: 11 };

/** An opening of a file that exists has at least this many operations. */
const AGAIN = 5;

const SIGNING_KEY = `signkey-chaos-${randomBytes(32).toString("hex")}`;

/** How the process ends while it opens the file. */
type Ending = "die" | "cut";

/** The gateways of one file, of which one runs at a time. */
class File implements AsyncDisposable {
  readonly #trial: Trial;
  readonly #storage: Storage;
  #gateway: GatewayProcess | undefined;

  private constructor(trial: Trial, storage: Storage) {
    this.#trial = trial;
    this.#storage = storage;
  }

  static async create(trial: Trial): Promise<File> {
    const disk = { isFaulty: true, canLosePower: true };
    return new File(trial, await makeStorage(trial, disk));
  }

  /** Starts a gateway that ends after some writes and syncs; returns whether it had fewer. */
  async interrupt(ending: Ending, operations: number): Promise<boolean> {
    this.#storage.disk?.set(ending, operations);
    try {
      await this.start();
      return true;
    } catch {
      return false;
    } finally {
      this.#storage.disk?.set("ok");
    }
  }

  /** Starts a gateway; rejects when it can't open the file. */
  async start(): Promise<void> {
    const { programs, runtime } = this.#trial;
    const { flags, env } = this.#storage;
    const start = { programs, runtime, signingKey: SIGNING_KEY, flags, env };
    this.#gateway = await GatewayProcess.start(start);
  }

  async kill(): Promise<void> {
    await this.#gateway?.stop();
  }

  /** Requests a route of the channel; returns the answer. */
  async request(
    route: string,
    body?: string,
  ): Promise<Record<string, unknown>> {
    const query = new URLSearchParams({ channel: "opening", topic: TOPIC });
    const url = `${this.#gateway?.url}/v1/realtime/${route}?${query}`;
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${SIGNING_KEY}` },
      ...(body === undefined ? {} : { body }),
    });
    return await response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#storage[Symbol.asyncDispose]();
  }
}

/** The results of the interrupted openings. */
interface Findings {
  interrupted: number;
  sent: number;
  lost: number;
  readonly problems: string[];
}

/**
 * Ends a gateway while it creates a file, and another one while it opens the file again; then the file must be whole. Returns whether the
 * creation had fewer writes and syncs.
 */
async function interruptBoth(
  trial: Trial,
  ending: Ending,
  operations: number,
  findings: Findings,
): Promise<boolean> {
  await using file = await File.create(trial);
  const isWhole = await file.interrupt(ending, operations);
  await file.kill();
  findings.interrupted++;
  try {
    await file.start();
    const { id } = await file.request("publish", "1");
    findings.sent++;
    await file.kill();
    await file.interrupt(ending, 1 + operations % AGAIN);
    await file.kill();
    await file.start();
    const { messages } = await file.request("history");
    const isThere = Array.isArray(messages) && messages[0]?.id === id;
    if (!isThere) findings.lost++;
  } catch (error) {
    findings.problems.push(
      `${ending} after ${operations} operations: ${reasonOf(error)}`,
    );
  }
  return isWhole;
}

/** The gateway is killed, or the power is cut, at each write and sync with which it creates a file and opens it again. */
export const openings: Fault = {
  number: "43",
  title: "killed or without power while it opens the file",
  isLoud: false,
  longestMs: 1_200_000,
  async run(trial) {
    const started = performance.now();
    const findings = { interrupted: 0, sent: 0, lost: 0, problems: [] };
    const step = STEP[trial.isShort ? "short" : "long"];
    const endings = ["die", "cut"] as const;
    await Promise.all(endings.map(async (ending) => {
      for (let n = 1;; n += step) {
        if (await interruptBoth(trial, ending, n, findings)) break;
      }
    }));
    const { interrupted, sent, lost, problems } = findings;
    return [rowOf(openings, trial, started, {
      transport: "http",
      sent,
      received: sent - lost,
      lost,
      note: `${interrupted} creations were interrupted, and as many openings`,
      breaches: [...problems, ...lost > 0 ? [`${lost} were lost`] : []],
    })];
  },
};

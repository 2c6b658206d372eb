import { connectSse, requestSse } from "../../support/wire/sse.ts";
import { connectWire, type Frame } from "../../support/wire/websocket.ts";
import type { Transport } from "../client_protocol.ts";
import { type Fault, type Finding, rowOf } from "../fault.ts";
import {
  type RawGateway,
  reasonOf,
  withGateway,
  within,
} from "../raw_gateway.ts";

/** The answer to a `since`: the gateway resumes, resumes after a gap, starts without a position, or refuses. */
type Answer = "recovered" | "gap" | "started" | "refused";

interface Case {
  readonly since: string;
  readonly answer: Answer;
}

const CHANNEL = "since";
const ANSWER_MS = 5_000;

/** Returns every kind of `since`, for a channel with this newest id. */
function cases(top: string): Case[] {
  const [epoch = "", offset = ""] = top.split("-");
  const answers: Readonly<Record<Answer, readonly string[]>> = {
    recovered: [top, `${epoch}-0`, `${epoch}-1`],
    gap: [
      `${epoch}-${Number(offset) + 1}`,
      `${epoch}-${2 ** 53 - 1}`,
      "zzzzzzzz-3",
      "zzzzzzzz-0",
    ],
    started: ["", "start", "last:1", "last:999999999", cursor({})],
    refused: [
      `${epoch}-${2 ** 53}`,
      `${epoch}-${"9".repeat(30)}`,
      `${epoch}-`,
      `${epoch}--1`,
      `${epoch}-01`,
      `${epoch}-1.5`,
      `${epoch}-1e3`,
      `${epoch.toUpperCase()}-1`,
      offset,
      "-",
      "end",
      "last:0",
      "last:-1",
      "last:",
      "last:9999999999",
      "c.",
      "c.###",
      "c.e30x",
      cursor({ [CHANNEL]: 5 }),
      cursor({ [CHANNEL]: "garbage" }),
      "\u0000",
      "\n",
      "\u{1F40D}",
      "' or 1=1 --",
      "x".repeat(4000),
    ],
  };
  return Object.entries(answers).flatMap(([answer, values]) =>
    values.map((since) => ({ since, answer: answer as Answer }))
  );
}

function cursor(value: object): string {
  return "c." + btoa(JSON.stringify(value)).replace(/=+$/, "");
}

/** A raw client of either transport. */
interface Client {
  next(): Promise<Pick<Frame, "kind" | "data"> & { readonly id?: string }>;
  hangUp(): PromiseLike<void>;
}

/** Connects; returns the status and code when the gateway refuses the request. */
async function connect(
  raw: RawGateway,
  transport: Transport,
  token: string,
  since: string,
): Promise<Client | string> {
  const options = { token, since, v1: true };
  if (transport === "websocket") {
    const client = await connectWire(raw, options);
    return {
      next: () => client.next(),
      hangUp: () => client[Symbol.asyncDispose](),
    };
  }
  const response = await requestSse(raw, options);
  if (response.status !== 200) {
    const { error } = await response.json();
    return `${response.status} ${error.code}`;
  }
  await response.body?.cancel();
  const client = await connectSse(raw, options);
  return {
    next: () => client.next(),
    hangUp: () => client[Symbol.asyncDispose](),
  };
}

async function ask(
  raw: RawGateway,
  transport: Transport,
  token: string,
  { since, answer }: Case,
): Promise<string | undefined> {
  const client = await connect(raw, transport, token, since);
  if (typeof client === "string") {
    return answer === "refused" && client === "400 invalid_argument"
      ? undefined
      : client;
  }
  try {
    const { kind, data } = await client.next();
    if (kind === "error") {
      const { code } = Object(data);
      return answer === "refused" && code === "invalid_argument"
        ? undefined
        : code;
    }
    if (kind !== "ready") return `the first frame is "${kind}"`;
    const { recovered } = Object(data).channels[0];
    const expected = answer === "started" ? undefined : answer === "recovered";
    if (answer === "refused" || recovered !== expected) {
      return `ready, recovered: ${recovered}`;
    }
    if (answer === "gap") {
      const next = await client.next();
      if (next.kind !== "gap") return `"${next.kind}" instead of a gap`;
    }
    // After every answer but a refusal, new messages arrive.
    await raw.publisher.once([CHANNEL], { since: answer });
    const [, offset] = (raw.ledger.tops()[CHANNEL] ?? "").split("-");
    for (;;) {
      const { id } = await client.next();
      if (id?.endsWith(`-${offset}`)) return undefined;
    }
  } finally {
    await client.hangUp();
  }
}

async function tryAll(
  raw: RawGateway,
  transport: Transport,
): Promise<Finding> {
  await raw.publisher.burst(CHANNEL, 5);
  const token = await raw.token(CHANNEL);
  const breaches: string[] = [];
  const count = cases("aaaaaaaa-1").length;
  for (let i = 0; i < count; i++) {
    // Each answered case publishes a message, so the newest id changes.
    const one = cases(raw.ledger.tops()[CHANNEL] ?? "")[i];
    if (!one) break;
    const what = `since=${JSON.stringify(one.since.slice(0, 40))}`;
    try {
      const problem = await within(
        ANSWER_MS,
        what,
        ask(raw, transport, token, one),
      );
      if (problem !== undefined) {
        breaches.push(`${what}: ${problem}, not ${one.answer}`);
      }
    } catch (error) {
      breaches.push(`${what}: ${reasonOf(error)}`);
    }
  }
  return {
    transport,
    sent: count,
    received: count - breaches.length,
    note: "values of since with the correct answer",
    breaches,
  };
}

/** Clients resume from ids that the log has, has lost, or can't have. */
export const sinceValues: Fault = {
  number: "7",
  title: "since = top, top+1, 2^53, garbage",
  isLoud: false,
  run: (trial) =>
    Promise.all(
      trial.transports.map((transport) =>
        withGateway(trial, [], async (raw) => {
          const started = performance.now();
          const finding = await tryAll(raw, transport);
          return rowOf(sinceValues, trial, started, finding);
        })
      ),
    ),
};

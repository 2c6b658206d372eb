/**
 * A process of clients that use the module's own `subscribe` through a proxy with a faulty network. It reads requests as lines of JSON
 * and answers each with a line.
 *
 * @module
 */

import process from "node:process";
import type {
  ClientStart,
  Command,
  GroupState,
  Plan,
  Reply,
  Request,
} from "./client_protocol.ts";
import { readLines } from "../support/process/lines.ts";
import { LatencyRecorder } from "./latencies.ts";
import { addVerdict, emptyVerdict, judge, type Verdict } from "./oracle.ts";
import type { ChannelRecord } from "./ledger.ts";
import { Proxy } from "./proxy.ts";
import { race } from "./races.ts";
import { Subscriber, type SubscriberHost } from "./subscriber.ts";
import { Truth } from "./truth.ts";

/** How many subscriptions open at the same time by default. */
const OPENING = 64;

const start: ClientStart = JSON.parse(process.argv[2] ?? "{}");
const proxy = start.isDirect ? undefined : await Proxy.start(start.port);
const latencies = new LatencyRecorder();
const groups = new Map<string, Subscriber[]>();
/** When the network last changed. */
let changedAt = 0;
const host: SubscriberHost = {
  url: proxy?.url ?? `http://127.0.0.1:${start.port}`,
  signingKey: start.signingKey,
  transport: start.transport,
  onLatency: (ms) => latencies.add(ms),
};

function group(name: string): Subscriber[] {
  let subscribers = groups.get(name);
  if (!subscribers) {
    subscribers = [];
    groups.set(name, subscribers);
  }
  return subscribers;
}

async function open(plan: Plan): Promise<number> {
  const { channels, count, lanes = OPENING } = plan;
  const opened: Subscriber[] = Array.from(
    { length: count },
    (_, i) => new Subscriber(host, plan, channels[i % channels.length] ?? ""),
  );
  group(plan.group).push(...opened);
  const waiting = [...opened];
  async function lane(): Promise<void> {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await next.open();
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return opened.length;
}

/** Waits until every open subscriber has the newest message of its channel; returns how many did not receive it in time. */
async function awaitTops(
  name: string,
  tops: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  const expired = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
  let missing = 0;
  await Promise.all(
    group(name).filter(({ isClosed }) => !isClosed).map(async (subscriber) => {
      const top = tops[subscriber.channel];
      const isThere = (): boolean =>
        top === undefined || subscriber.observation.last === top;
      await Promise.race([
        subscriber.until(() => isThere() || subscriber.failure !== undefined),
        expired,
      ]);
      if (!isThere()) missing++;
    }),
  );
  return missing;
}

function judgeGroup(
  name: string,
  records: Readonly<Record<string, ChannelRecord>>,
): Verdict {
  const sum = emptyVerdict();
  const truths = new Map(
    Object.entries(records).map(([channel, record]) => [
      channel,
      new Truth(record),
    ]),
  );
  for (const subscriber of group(name)) {
    const { channel, observation, dueAfter, dueUntil } = subscriber;
    const truth = truths.get(channel);
    const due = { after: dueAfter, until: dueUntil };
    if (truth) {
      addVerdict(sum, judge(truth, observation.events(), due));
    }
  }
  return sum;
}

/** Returns the largest share of the moments that fell into one second. */
function busiestSecond(moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let most = 0;
  let start = 0;
  sorted.forEach((at, i) => {
    while (at - (sorted[start] ?? at) >= 1000) start++;
    most = Math.max(most, i - start + 1);
  });
  return most / Math.max(1, sorted.length);
}

function stateOf(name: string): GroupState {
  const subscribers = group(name);
  const states: Record<string, number> = {};
  for (const { state } of subscribers) states[state] = (states[state] ?? 0) + 1;
  const gaps = subscribers.map(({ observation }) => observation.gaps);
  const attempts = subscribers.map(({ attempts }) =>
    attempts.filter((at) => at >= changedAt)
  );
  const all = attempts.flat().sort((a, b) => a - b);
  return {
    states,
    opened: subscribers.reduce((sum, { opened }) => sum + opened, 0),
    withGap: gaps.filter((count) => count > 0).length,
    mostGaps: gaps.reduce((most, count) => Math.max(most, count), 0),
    tokens: subscribers.reduce((sum, { tokens }) => sum + tokens, 0),
    wholeStreams: subscribers
      .reduce((sum, { wholeStreams }) => sum + wholeStreams, 0),
    brokenStreams: subscribers
      .reduce((sum, { brokenStreams }) => sum + brokenStreams, 0),
    failures: subscribers.flatMap(({ failure }) => failure ?? []),
    errors: subscribers.flatMap(({ errors }) => errors),
    attempts: all.length,
    attemptSpreadMs: (all.at(-1) ?? 0) - (all[0] ?? 0),
    busiestSecond: busiestSecond(all),
    busiestFirstSecond: busiestSecond(
      attempts.flatMap(([first]) => first ?? []),
    ),
    cuts: proxy?.cuts ?? 0,
  };
}

/** Replaces the oldest subscribers by new ones. The old ones stay in the group, and are judged with it. */
async function churn(name: string, count: number): Promise<void> {
  const leaving = group(name)
    .filter(({ state }) => state !== "closed").slice(0, count);
  await Promise.all(leaving.map((subscriber) => subscriber.close()));
  await Promise.all(leaving.map((subscriber) => {
    const again = subscriber.successor();
    group(name).push(again);
    return again.open();
  }));
}

async function act(command: Command): Promise<unknown> {
  switch (command.do) {
    case "network":
      changedAt = performance.now();
      proxy?.set(command.faults);
      return;
    case "open":
      return await open(command.plan);
    case "await":
      return await awaitTops(command.group, command.tops, command.timeoutMs);
    case "judge":
      return judgeGroup(command.group, command.records);
    case "states":
      return stateOf(command.group);
    case "latencies":
      return latencies.take();
    case "race":
      group("races").push(...await race(host, command.plan));
      return;
    case "list":
      return group(command.group).map(({ list }) => list);
    case "churn":
      return await churn(command.group, command.count);
    case "close":
      await Promise.all(group(command.group).map((one) => one.close()));
      return;
  }
}

async function answer(line: string): Promise<void> {
  const request: Request = JSON.parse(line);
  let reply: Reply;
  try {
    reply = { id: request.id, result: await act(request) };
  } catch (error) {
    reply = { id: request.id, error: String(Object(error).stack ?? error) };
  }
  console.log(JSON.stringify(reply));
}

readLines(process.stdin, (line) => void answer(line));
// The input ends when the process that started this one has ended.
process.stdin.on("end", () => process.exit(0));
console.log("ready");

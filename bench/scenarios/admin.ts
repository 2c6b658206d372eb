import { cpuMs } from "../../tests/support/process/child.ts";
import type { RuntimeName } from "../../tests/support/process/programs.ts";
import type { Lab, Lane } from "../lab.ts";
import {
  ADMIN_KEY,
  gateway,
  operatedGateway,
  SIGNING_KEY,
} from "../peers/mod.ts";
import type { ServerProcess } from "../peers/server_process.ts";
import { emptyResults, type Sample, type Section } from "../results.ts";

const CONNECTIONS = 10_000;
/** Connections before the measurement, after which a server has allocated what it needs only once. */
const FIRST = 500;
/** How often each question is asked. */
const ASKED = 20;
/** How long a server needs to free the memory that connecting took. */
const SETTLE_MS = 2000;
const CHANNEL = "bench-admin";

/** The requests that an operator's page repeats. */
const QUESTIONS = [
  "overview",
  "channels?sort=rate&limit=100",
  "channels?sort=name&limit=500",
  `channels/${CHANNEL}-1`,
  "sessions?limit=100",
  "sessions?limit=500",
  `sessions?channel=${CHANNEL}-1`,
  "sessions?subject=nobody",
] as const;

/**
 * Scenario admin: 10,000 connections with a channel of their own, each of which got a message: the memory that the admin API adds, and the
 * time of its answers. There is one round, as memory hardly varies.
 */
export async function admin(lab: Lab): Promise<Section[]> {
  const lanes = lab.runtimes.flatMap((runtime) => [
    laneOf(runtime, false),
    laneOf(runtime, true),
  ]);
  const memory = emptyResults(lanes);
  const answers = emptyResults(
    lab.runtimes.flatMap((runtime) =>
      QUESTIONS.map((question) => ({
        ...laneOf(runtime, true),
        name: `${runtime}: ${question}`,
      }))
    ),
  );
  for (const [index, lane] of lanes.entries()) {
    if (!await lab.subscribe(lane, { count: FIRST })) continue;
    await lab.close(lane);
    const server = await lab.server(lane.peer);
    if (!server) continue;
    const before = await server.residentBytes();
    const audience = { count: CONNECTIONS, channels: CONNECTIONS };
    await lab.subscribe(lane, audience);
    await publishToAll(server);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const after = await server.residentBytes();
    const bytes = (after - before) / CONNECTIONS;
    memory[index]?.samples.push({ bytes });
    if (index % 2 === 1) {
      for (const [i, question] of QUESTIONS.entries()) {
        const row = Math.floor(index / 2) * QUESTIONS.length + i;
        answers[row]?.samples.push(await time(server, question));
      }
    }
    await lab.clear();
  }
  return [{
    id: "admin-memory",
    title:
      "10,000 connections with a channel each, of which each got a message",
    metrics: ["bytes"],
    results: memory,
  }, {
    id: "admin-answers",
    title: "an operator's questions at 10,000 connections and channels",
    metrics: ["cpuUs", "p50Ms", "p99Ms"],
    results: answers,
  }];
}

function laneOf(runtime: RuntimeName, isOperated: boolean): Lane {
  const peer = isOperated ? operatedGateway(runtime) : gateway(runtime);
  return {
    name: peer.name,
    peer,
    // They answer no pings, so that none is lost where opening all of them takes long.
    subscriber: "tidings sse",
    publisher: "tidings",
    channel: CHANNEL,
  };
}

/** Publishes a message to each channel, in batches. */
async function publishToAll({ publishPort }: ServerProcess): Promise<void> {
  const perRequest = 1_000;
  for (let first = 0; first < CONNECTIONS; first += perRequest) {
    const lines = Array.from({ length: perRequest }, (_, i) =>
      JSON.stringify({
        channel: `${CHANNEL}-${first + i}`,
        topic: "t",
        data: "hello",
      }));
    const url = `http://127.0.0.1:${publishPort}/v1/realtime/publish/batch`;
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${SIGNING_KEY}` },
      body: lines.join("\n"),
    });
    await response.text();
    if (!response.ok) throw new Error(`The batch got ${response.status}`);
  }
}

/** Asks a question again and again; the first time doesn't count. */
async function time(
  { pid, port }: ServerProcess,
  question: string,
): Promise<Sample> {
  const times: number[] = [];
  let cpuBefore = cpuMs(pid);
  for (let i = 0; i <= ASKED; i++) {
    const began = performance.now();
    const response = await fetch(
      `http://127.0.0.1:${port}/v1/admin/${question}`,
      { headers: { authorization: `Bearer ${ADMIN_KEY}` } },
    );
    await response.text();
    if (!response.ok) throw new Error(`${question} got ${response.status}`);
    if (i === 0) cpuBefore = cpuMs(pid);
    else times.push(performance.now() - began);
  }
  const cpuUs = (cpuMs(pid) - cpuBefore) * 1000 / ASKED;
  times.sort((a, b) => a - b);
  return { cpuUs, p50Ms: times[ASKED / 2] ?? 0, p99Ms: times.at(-1) ?? 0 };
}

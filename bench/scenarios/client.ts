import { ClientProcess } from "../clients/client_process.ts";
import { CLIENT_WAYS, type ClientWay } from "../clients/ways.ts";
import { TOPIC } from "../../tests/support/topic.ts";
import {
  type RuntimeName,
  TITLES,
} from "../../tests/support/process/programs.ts";
import type { Lab, Lane } from "../lab.ts";
import { subscriberToken } from "../load/dialects/tidings.ts";
import { gateway } from "../peers/mod.ts";
import { BEFORE } from "./lanes.ts";
import type { Result, Section } from "../results.ts";

const BYTES = 250;
/** The number of messages in a batch. */
const BATCH = 100;
/** Messages per second in batches. Every client can keep up with this rate. */
const BATCHED_RATE = 20_000;

/**
 * How many times longer a client warms up than a server where it gets single messages: those are fewer, and only these make the runtime
 * compile its code.
 */
const WARM_UPS = 3;
/** How many times longer a client is measured: its CPU time for 10,000 messages is less than that of one garbage collection. */
const TIMES = 3;

/** The ways of receiving messages that are measured, with batches, and with single messages where a target depends on them. */
const BATCHED: Readonly<Record<ClientWay, readonly boolean[]>> = {
  "for await": [true, false],
  "WebSocket": [true, false],
  "@inngest/realtime": [true],
};

/** Returns the name of a client's lane. */
export function clientName(
  runtime: RuntimeName,
  way: ClientWay,
  isBatched: boolean,
): string {
  return `${TITLES[runtime]}: ${way}, ${isBatched ? BATCH : 1} at once`;
}

interface Client {
  readonly lane: Lane;
  readonly way: ClientWay;
  readonly isBatched: boolean;
  readonly process: ClientProcess;
  readonly result: Result;
  published: number;
}

/** Scenario 9: the cost of a message for a client. */
export async function client(lab: Lab): Promise<Section[]> {
  const clients: Client[] = [];
  try {
    for (const runtime of lab.runtimes) {
      for (const way of CLIENT_WAYS) {
        for (const isBatched of BATCHED[way]) {
          clients.push(await start(lab, runtime, way, isBatched));
          if (lab.before === undefined || way !== "for await") continue;
          clients.push(await start(lab, runtime, way, isBatched, lab.before));
        }
      }
    }
    for (let round = -1; round < lab.effort.rounds; round++) {
      for (const client of clients) await measure(lab, client, round >= 0);
    }
  } finally {
    for (const { process } of clients) await process[Symbol.asyncDispose]();
  }
  return [{
    id: "9",
    title:
      `Clients: messages of ${BYTES} bytes, published one by one or ${BATCH} at once`,
    metrics: ["clientUs", "perSecond"],
    results: clients.map(({ result }) => result),
  }];
}

async function start(
  lab: Lab,
  runtime: RuntimeName,
  way: ClientWay,
  isBatched: boolean,
  before?: string,
): Promise<Client> {
  const suffix = before === undefined ? "" : BEFORE;
  const lane: Lane = {
    name: clientName(runtime, way, isBatched) + suffix,
    // All clients use the gateway that sends fastest.
    peer: gateway("bun"),
    subscriber: "tidings.v1",
    publisher: isBatched ? "tidings batch" : "tidings",
    channel: `client-${runtime}-${way}-${isBatched}${suffix}`
      .replace(/\W+/g, "-"),
  };
  await lab.subscribe(lane, { count: 0 });
  const server = await lab.server(lane.peer);
  const channel = `${lane.channel}-0`;
  const process = await ClientProcess.start(lab.programs, runtime, way, {
    channel,
    topics: [TOPIC],
    key: await subscriberToken(server?.signingKey ?? "", channel),
    apiBaseUrl: `http://127.0.0.1:${server?.port}`,
  }, before);
  return {
    lane,
    way,
    isBatched,
    process,
    published: 0,
    result: { lane: lane.name, role: "rival", runtime, samples: [] },
  };
}

async function measure(
  lab: Lab,
  client: Client,
  isCounted: boolean,
): Promise<void> {
  const { lane, way, isBatched, process, result } = client;
  const before = await process.counted();
  const start = performance.now();
  const { published } = await lab.publish(lane, {
    publishers: 1,
    bytes: BYTES,
    ...(isBatched ? { perRequest: BATCH, rate: BATCHED_RATE } : {}),
    seconds: isCounted
      ? TIMES * lab.effort.seconds
      : (isBatched ? 1 : WARM_UPS) * lab.effort.warmUp,
  });
  client.published += published;
  const { messages, faults, cpuMs } = await process.caughtUp(client.published);
  if (messages !== client.published || faults > 0) {
    const found = `${lane.name}: ${messages} of ${client.published} messages ` +
      `arrived, ${faults} out of order`;
    if (way === "for await") lab.breaches.push(found);
    else lab.notes.add(found);
  }
  if (!isCounted) return;
  const got = messages - before.messages;
  // Inngest's client never reconnects; after a cut it has nothing to measure, and the note above says so.
  if (got === 0) return;
  result.samples.push({
    clientUs: (cpuMs - before.cpuMs) * 1000 / got,
    perSecond: got / (performance.now() - start) * 1000,
  });
}

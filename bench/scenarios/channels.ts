import type { RuntimeName } from "../../tests/support/process/programs.ts";
import { startJobs } from "../jobs/job_process.ts";
import type { JobWay } from "../jobs/ways.ts";
import { channelOf, type Lab, type Lane } from "../lab.ts";
import { centrifugo, nats, socketIo } from "../peers/mod.ts";
import { emptyResults, type Sample, type Section } from "../results.ts";
import {
  bareLane,
  BEFORE,
  gatewayLane,
  gatewayName,
  perRuntime,
  rivals,
} from "./lanes.ts";
import { perDelivery, Turns } from "./rounds.ts";

const CHANNELS = 10_000;
const AUDIENCE = { count: CHANNELS, channels: CHANNELS } as const;
const BYTES = 250;
const PUBLISHING = { publishers: 8, bytes: BYTES } as const;
/** How many messages Centrifugo gets in a batch: as many as our client's 64 jobs can put into one. */
const BATCH = 64;
/** Connecting so many takes longer than measuring, so there are fewer rounds. */
const MOST_ROUNDS = 3;
const MOST_ROUNDS_COMPARING = 9;
/** How many times longer is measured. It costs little beside the connections, and the runtimes collect garbage once in a while only. */
const TIMES = 2;
const JOB_WAYS: readonly JobWay[] = ["our client", "one request each"];

/** The name of Centrifugo's lane with batches. */
const BATCHED = `${centrifugo.name}, batches of ${BATCH}`;

/**
 * Scenario 3: 10,000 channels of one subscriber each. 8 publishers send a request for each message; 64 jobs of a process publish with our
 * client: in one app, and in an app each, whose messages don't share a request.
 */
export async function channels(lab: Lab): Promise<Section[]> {
  const peers: readonly Lane["peer"][] = [centrifugo, nats, socketIo];
  const lanes = [
    ...perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      bareLane(runtime),
    ]),
    ...rivals(lab).filter(({ peer }) => peers.includes(peer)),
  ];
  const results = emptyResults(lanes.flatMap((lane) => {
    const names = [
      lane.name,
      ...jobsOf(lane).map(({ name }) => name),
    ];
    if (lane.peer === centrifugo) names.push(BATCHED);
    return names.map((name) => ({ name, peer: lane.peer }));
  }));
  const add = (name: string, sample: Sample) =>
    results.find(({ lane }) => lane === name)?.samples.push(sample);
  const turns = new Turns(lanes);
  const most = lab.before === undefined ? MOST_ROUNDS : MOST_ROUNDS_COMPARING;
  for (let round = 0; round < Math.min(lab.effort.rounds, most); round++) {
    // One lane at a time, as a process may not have more files open than one lane needs; and each time with a new server.
    for (const [, lane] of turns.next()) {
      if (round > 0 && isContext(lane)) continue;
      if (!await lab.subscribe(lane, AUDIENCE)) continue;
      add(lane.name, await measure(lab, lane, 1));
      if (lane.peer === centrifugo) {
        const batched = { ...lane, publisher: "centrifugo batch" } as const;
        add(BATCHED, await measure(lab, batched, BATCH));
      }
      for (const { name, way } of jobsOf(lane)) {
        add(name, await measureJobs(lab, lane, way));
      }
      await lab.clear();
    }
  }
  return [{
    id: "3",
    title:
      `10,000 channels of one subscriber each, messages of ${BYTES} bytes; 8 publishers at once, or 64 jobs of one process`,
    metrics: ["cpuUs", "perSecond", "clientUs", "loadPercent"],
    results,
  }];
}

/** Whether no target depends on a lane, so that one round is enough. */
function isContext({ peer }: Lane): boolean {
  return peer.role === "bare" || peer === socketIo;
}

/** Returns the name of the row for a way in which jobs publish to our gateway. */
export function jobsName(runtime: RuntimeName, way: JobWay): string {
  return gatewayName(runtime, way);
}

/** Returns the ways in which jobs publish to a lane, with the names of their rows; none to other servers. */
function jobsOf(
  { name, peer: { role, runtime } }: Lane,
): ReadonlyArray<{ readonly name: string; readonly way: JobWay }> {
  if (role !== "gateway" || runtime === undefined) return [];
  const suffix = name.endsWith(BEFORE) ? BEFORE : "";
  return JOB_WAYS.map((way) => ({
    name: jobsName(runtime, way) + suffix,
    way,
  }));
}

async function measure(
  lab: Lab,
  lane: Lane,
  perRequest: number,
): Promise<Sample> {
  const publishing = { ...PUBLISHING, perRequest };
  await lab.publish(lane, { ...publishing, seconds: lab.effort.warmUp });
  const seconds = TIMES * lab.effort.seconds;
  return perDelivery(await lab.publish(lane, { ...publishing, seconds }));
}

async function measureJobs(
  lab: Lab,
  lane: Lane,
  way: JobWay,
): Promise<Sample> {
  const { name, peer: { runtime } } = lane;
  const server = await lab.server(lane.peer);
  if (!server || runtime === undefined) return {};
  await using jobs = await startJobs(lab.programs, runtime, {
    way,
    url: `http://127.0.0.1:${server.publishPort}`,
    signingKey: server.signingKey ?? "",
    channel: channelOf(lane),
    channels: CHANNELS,
    publisher: PUBLISHING.publishers + JOB_WAYS.indexOf(way),
    folder: name.endsWith(BEFORE) ? lab.before ?? "." : ".",
  });
  const { seconds, warmUp } = lab.effort;
  await lab.publishJobs(lane, jobs, { bytes: BYTES, seconds: warmUp });
  const { arrived, report } = await lab.publishJobs(lane, jobs, {
    bytes: BYTES,
    seconds: TIMES * seconds,
  });
  return {
    ...perDelivery(arrived),
    clientUs: report.cpuMs * 1000 / report.published,
    perSecond: report.published / report.seconds,
  };
}

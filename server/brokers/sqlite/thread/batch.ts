import { growthOf } from "./cost.ts";
import type { LogReader } from "./log_reader.ts";
import {
  type Answer,
  type Request,
  type Result,
  WRITES,
} from "../calls/requests.ts";
import type { Storage } from "./storage.ts";
import type { Trouble } from "./trouble.ts";

/**
 * Answers requests: those that write in one transaction, in their order, then the others. The answers of those that write are all
 * results, or all the same problem.
 */
export function runBatch(
  storage: Storage,
  reader: LogReader,
  requests: readonly Request[],
): Answer[] {
  const { channels, retention, trouble } = storage;
  const answers: Answer[] = [];
  const needsWrite = (request: Request): boolean =>
    WRITES.has(request.name) ||
    "channel" in request && request.name !== "unfollow" &&
      !channels.get(request.channel);
  let writes = requests.map(() => true);
  try {
    writes = requests.map(needsWrite);
    if (writes.includes(true)) {
      const results = storage.write(() => {
        if (retention.hasBudget) {
          retention.makeRoom(growthOf(requests));
          // Among what was removed may be a channel that is read.
          writes = requests.map(needsWrite);
        }
        return requests.map((request, i) =>
          writes[i] ? write(storage, request) : undefined
        );
      });
      results.forEach((result, i) => answers[i] = { result });
      if (trouble.problem !== undefined) heal(trouble, requests);
    }
  } catch (error) {
    const problem = trouble.reasonOf(error);
    trouble.failed(problem, growthOf(requests));
    writes.forEach((isWrite, i) => {
      if (isWrite) answers[i] = { problem };
    });
  }
  for (const [i, request] of requests.entries()) {
    const answer = answers[i];
    const isDone = WRITES.has(request.name) || answer && "problem" in answer;
    if (!isDone) answers[i] = readAnswer(storage, reader, request);
  }
  return answers;
}

/** Finds out, after a commit that succeeded, whether the trouble is over. */
function heal(trouble: Trouble, requests: readonly Request[]): void {
  if (requests.some(({ name }) => name === "probe")) trouble.probe();
  else trouble.succeeded(growthOf(requests));
}

function write(storage: Storage, request: Request): Result {
  switch (request.name) {
    case "publish":
      return storage.publish(request);
    case "reply":
      return storage.reply(request);
    case "revoke":
      storage.revoke(request.revocations);
      return undefined;
    case "probe":
      return undefined;
    default:
      // It reads a channel that doesn't exist yet.
      if ("channel" in request) storage.use(request.channel);
      return undefined;
  }
}

function readAnswer(
  storage: Storage,
  reader: LogReader,
  request: Request,
): Answer {
  try {
    return { result: read(storage, reader, request) };
  } catch (error) {
    return { problem: storage.trouble.reasonOf(error) };
  }
}

function read(
  { channels, retention, clock }: Storage,
  reader: LogReader,
  request: Request,
): Result {
  const now = clock.now();
  switch (request.name) {
    case "unfollow":
      channels.followed.delete(request.channel);
      return undefined;
    case "revocations":
      return reader.revocations();
    case "interrupted":
      return reader.interrupted();
    case "summarize":
      return request.channels.map((name) => {
        const channel = channels.get(name);
        if (!channel) return null;
        retention.trim(channel, now);
        retention.measure(channel);
        return reader.summarize(channel, now);
      });
  }
  if (!("channel" in request)) return undefined;
  const channel = channels.get(request.channel);
  if (!channel) throw new Error("the channel is missing");
  retention.trim(channel, now);
  switch (request.name) {
    case "follow":
      channels.followed.add(channel.name);
      return reader.state(channel);
    case "before":
      return reader.before(channel, request);
    case "read":
      return reader.read(channel, request);
  }
}

/**
 * The load generator: one process with raw sockets that decodes nothing. It reads commands as lines of JSON.
 *
 * @module
 */

import process from "node:process";
import { readLines } from "../../tests/support/process/lines.ts";
import type { Answer, Answers, Command } from "./commands.ts";
import { Group } from "./group.ts";

const groups = new Map<string, Group>();

/**
 * How often subscribers send their heartbeat, between two measurements. A server ends connections that are silent for 15 s, and a
 * measurement of a slow server takes 9 s.
 */
const BEAT_MS = 4_000;
/** How long the server needs to read the heartbeats. */
const BEAT_PAUSE_MS = 300;

let beatAt = performance.now();

async function beat(): Promise<void> {
  if (performance.now() - beatAt < BEAT_MS) return;
  beatAt = performance.now();
  for (const group of groups.values()) group.beat();
  await new Promise((resolve) => setTimeout(resolve, BEAT_PAUSE_MS));
}

function groupOf({ group: name }: Command): Group {
  const group = groups.get(name);
  if (!group) throw new Error(`There is no group "${name}"`);
  return group;
}

async function act(command: Command): Promise<Answers[Command["do"]]> {
  // Heartbeats would be a part of the measurement that ends here.
  if (command.do !== "end") await beat();
  switch (command.do) {
    case "subscribe": {
      const { group, opened } = await Group.open(command.options, command.pid);
      groups.set(command.group, group);
      return opened;
    }
    case "publish":
      return await groupOf(command)
        .publish(command.publishers, command.load);
    case "begin":
      groupOf(command).begin(command.metered);
      return {};
    case "end":
      return await groupOf(command).end(command.published);
    case "close":
      groups.get(command.group)?.close();
      groups.delete(command.group);
      return {};
  }
}

async function answer(line: string): Promise<Answer> {
  try {
    return { result: await act(JSON.parse(line)) };
  } catch (error) {
    return { error: error instanceof Error ? error.stack ?? "" : "?" };
  }
}

let work = Promise.resolve();
readLines(process.stdin, (line) => {
  work = work.then(async () => console.log(JSON.stringify(await answer(line))));
});
// The input ends when the process that started this one has ended.
process.stdin.on("close", () => process.exit(1));

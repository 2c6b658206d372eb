/**
 * Measures answers of chats: how many messages of the log one has at different speeds of its model, and how long a replay of it takes.
 *
 * ```sh
 * deno task chat-bench
 * deno task chat-bench --deltas 1000
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { UIMessage, UIMessageChunk } from "ai";
import { Chat } from "@ai-sdk/react";
import { chatToken, createChatTransport, publishChat } from "../ai.ts";
import { createRealtime } from "../mod.ts";
import { startGateway } from "../tests/support/gateway/gateway.ts";
import { until } from "../tests/support/until.ts";
import { logOf } from "../tests/support/wire/streams.ts";
import { connectReady, tokenFor } from "../tests/support/wire/websocket.ts";

/** Deltas a second; `undefined` for all at once. */
const SPEEDS = [50, 100, 200, undefined];

/** How often a replay is measured. Its time is the median. */
const REPLAYS = 5;

const { values } = parseArgs({
  options: { deltas: { type: "string", default: "5000" } },
});
const count = Number(values.deltas);

await using gateway = await startGateway();
const realtime = createRealtime(gateway);

/** The figures of the answer of one speed. */
interface Row {
  readonly speed: string;
  /** Messages of the log: the stream's start and end, and all between them. */
  readonly messages: number;
  /** Characters of the log's data. */
  readonly characters: number;
  /** Messages that a late subscriber gets for the same stream. */
  readonly replayed: number;
  /** The time from `resumeStream()` until the last word is shown. */
  readonly replayMs: number;
}

/** Streams the deltas at a speed, and stays open until the test is done with it. */
async function* answer(
  speed: number | undefined,
  done: Promise<void>,
): AsyncGenerator<UIMessageChunk> {
  const begin = performance.now();
  yield { type: "start", messageId: "answer" };
  yield { type: "text-start", id: "1" };
  for (let sent = 0; sent < count; sent++) {
    if (speed !== undefined) {
      const due = begin + 1000 * sent / speed;
      const ms = due - performance.now();
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    }
    yield { type: "text-delta", id: "1", delta: `word${sent} ` };
  }
  yield { type: "text-end", id: "1" };
  await done;
  yield { type: "finish", finishReason: "stop" };
}

function open(chatId: string): Chat<UIMessage> {
  const token = () => chatToken(realtime, { chatId });
  return new Chat({ id: chatId, transport: createChatTransport({ token }) });
}

/** Tells whether a chat shows all of the answer. */
function isWhole({ lastMessage }: Chat<UIMessage>): boolean {
  const part = lastMessage?.parts.at(-1);
  return part?.type === "text" && part.state === "done";
}

/** Measures the time until a reloaded page shows all of a running answer. */
async function replay(chatId: string): Promise<number> {
  const chat = open(chatId);
  const begin = performance.now();
  const shown = Promise.withResolvers<void>();
  chat["~registerMessagesCallback"](() => {
    if (isWhole(chat)) shown.resolve();
  });
  chat.resumeStream();
  await shown.promise;
  return performance.now() - begin;
}

/** Counts the messages of a stream that a late subscriber gets. */
async function countReplayed(channel: string): Promise<number> {
  const token = await tokenFor(gateway, [`${channel}/answer`]);
  const { client } = await connectReady(gateway, { token, since: "start" });
  let count = 0;
  for (;;) {
    count++;
    const { kind } = await client.next();
    if (kind === "datastream-end") break;
  }
  await client.close();
  return count;
}

async function measure(speed: number | undefined): Promise<Row> {
  const chatId = `${speed ?? "all"}`;
  const channel = `chat:${chatId}`;
  const done = Promise.withResolvers<void>();
  let ended: Promise<void> | undefined;
  await publishChat(realtime, {
    chatId,
    stream: () => answer(speed, done.promise),
    waitUntil: (promise) => ended = promise,
  });
  const watcher = open(chatId);
  watcher.resumeStream();
  await until(() => isWhole(watcher));
  const times: number[] = [];
  for (let i = 0; i < REPLAYS; i++) times.push(await replay(chatId));
  done.resolve();
  await ended;
  const log = await logOf(gateway, channel);
  return {
    speed: speed === undefined ? "all at once" : `${speed} a second`,
    messages: log.length,
    characters: log.reduce((sum, { data }) => sum + String(data).length, 0),
    replayed: await countReplayed(channel),
    replayMs: times.sort((a, b) => a - b)[REPLAYS >> 1] ?? NaN,
  };
}

console.log(`An answer of ${count} deltas:`);
for (const row of await Promise.all(SPEEDS.map(measure))) {
  console.log(
    `${row.speed}: ${row.messages} messages of the log, ${row.characters} characters; ` +
      `replayed as ${row.replayed} messages in ${row.replayMs.toFixed(0)} ms`,
  );
}

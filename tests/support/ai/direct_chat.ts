import {
  type ChatTransport,
  simulateReadableStream,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import { ObservedChat, type Outcome, QUESTION } from "./observed_chat.ts";

/** A transport that hands the chunks over without any network: the reference of what a page shows. */
export function directTransport(
  chunks: readonly UIMessageChunk[],
): ChatTransport<UIMessage> {
  // The AI SDK changes the data of the parts that it has got.
  const stream = (): Promise<ReadableStream<UIMessageChunk>> =>
    Promise.resolve(simulateReadableStream({
      chunks: structuredClone([...chunks]),
      initialDelayInMs: null,
      chunkDelayInMs: null,
    }));
  return {
    resumeStreamIsReplay: true,
    sendMessages: stream,
    reconnectToStream: stream,
  };
}

/** Returns what a chat shows that sends the question and is answered with the chunks. */
export async function sendDirectly(
  chunks: readonly UIMessageChunk[],
): Promise<Outcome> {
  const observed = new ObservedChat({ transport: directTransport(chunks) });
  await observed.chat.sendMessage(QUESTION);
  return observed.outcome();
}

/** Returns what a reloaded chat shows to which the chunks are replayed. */
export async function resumeDirectly(
  chunks: readonly UIMessageChunk[],
): Promise<Outcome> {
  const observed = new ObservedChat({
    transport: directTransport(chunks),
    messages: [QUESTION],
  });
  await observed.chat.resumeStream();
  return observed.outcome();
}

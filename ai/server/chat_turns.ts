import { RealtimeError } from "../../core/protocol/errors.ts";
import { pause } from "../../core/time/backoff.ts";
import type { PublishFn } from "../../core/types/app.ts";

/** The prefix of a chat's second channel, which nobody reads. Its stream is open until an answer is saved, which is longer than that is shown. */
const TURN_PREFIX = "turn:";

/** How often a process asks whether another one has ended its turn, in milliseconds. */
const RETRY_MS = 200;

/** An app that publishes: one of `createRealtime`, or what a middleware gives. */
export interface ChatPublisher {
  /** Publishes the answer. */
  readonly publish: PublishFn;
}

/** The ends of the answers that apps have begun in this process, by their chats. */
const unended = new WeakMap<ChatPublisher, Map<string, Promise<unknown>>>();

/** Notes that an app has begun an answer, whose end never rejects. Resolves when its earlier answers in the same chat have ended. */
export function takeTurn(
  app: ChatPublisher,
  chatId: string,
  ended: Promise<void>,
): Promise<unknown> {
  const chats = unended.get(app) ?? new Map<string, Promise<unknown>>();
  unended.set(app, chats);
  const earlier = chats.get(chatId) ?? Promise.resolve();
  const all = Promise.all([earlier, ended]).then(() => {
    if (chats.get(chatId) === all) chats.delete(chatId);
  });
  chats.set(chatId, all);
  return earlier;
}

/** How a process holds a chat's turn. */
interface Turn {
  /** Resolves when the answer is over. */
  readonly over: Promise<void> | undefined;
  /** Called when the turn is held, or can't be. */
  readonly onHeld: () => void;
  /** Ends the wait for another process. */
  readonly waits: AbortSignal;
}

/** Holds a chat's turn, of which all processes together have one, until an answer is over. */
export async function holdTurn(
  app: ChatPublisher,
  chatId: string,
  { over, onHeld, waits }: Turn,
): Promise<void> {
  async function* data(): AsyncGenerator<never> {
    await over;
    yield* [];
  }
  const message = { channel: TURN_PREFIX + chatId, topic: "turn", data };
  while (!waits.aborted) {
    try {
      const options = { otherStreams: "refuse", onStart: onHeld } as const;
      return void await app.publish(message, options);
    } catch (error) {
      const isTaken = error instanceof RealtimeError &&
        error.code === "stream_open";
      // The answer doesn't fail where its turn does.
      if (!isTaken) return onHeld();
      await pause(RETRY_MS, waits);
    }
  }
}

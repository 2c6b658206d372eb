import { isTransient } from "../http/transient.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { LEAVE_MS } from "../protocol/limits.ts";
import { isText } from "../protocol/shape.ts";
import { backoff } from "../time/backoff.ts";
import type { Gap, ReaderState, StateDetails } from "../types/subscription.ts";
import type { ConnectionPool } from "./connection_pool.ts";
import type { FrameOf } from "./decode_frame.ts";
import type { IncomingMessage } from "./decode_message.ts";
import { slowConsumer } from "./bounded_stream.ts";
import { createDelivery, type DeliveryOptions } from "./message_delivery.ts";
import { idBefore, isLater } from "./position.ts";
import { isTokenRefusal, type TokenSource } from "./token_source.ts";

/** How often in a row a reader replaces a token that the gateway refused. */
const MAX_RENEWALS = 3;

/** How often in a row it replaces one that is invalid: the app's next token has the same key. */
const MAX_INVALID = 1;

/** Options that the readers of a subscription share. */
export interface ReaderOptions extends DeliveryOptions {
  readonly channel: string;
  readonly topics: readonly string[];
  readonly connections: ConnectionPool;
  readonly tokens: TokenSource;
  readonly onGap: (gap: Gap) => void;
}

/** The state of a reader. The app does not see `joining` (it has asked to subscribe) and `paused` (too much is unread). */
type State = ReaderState | "joining" | "paused";

/** Reads a channel in order into one stream. It pauses when too much is unread, and resumes from its position. */
export interface MessageReader {
  readonly stream: ReadableStream<IncomingMessage>;
  /** Returns a position from which another reader misses nothing that this reader's stream has not begun to deliver. */
  position(): string | undefined;
  /** Ends the stream after the messages so far; with an error, if the reader failed. */
  end(error?: RealtimeError): Promise<void>;
}

let readerCount = 0;

/** Makes a reader that starts at a position, an id or another form that the wire knows, and adds it to its connection. */
export function createReader(
  options: ReaderOptions,
  position: string | undefined,
  onState: (
    state: ReaderState,
    details: StateDetails,
  ) => Promise<void> | void,
): MessageReader {
  const { channel, topics, connections, tokens, onError, onGap } = options;
  const delivery = createDelivery(options, resume, end);
  const { stream } = delivery;
  /** The name of the reader's subscription on the wire. */
  const ref = `${++readerCount}`;
  let state: State = "idle";
  let start: string | undefined;
  /** How many attempts to join have failed in a row. */
  let attempt = 0;
  /** How many tokens were refused in a row. */
  let refusals = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** The token or ticket that the gateway knows from this reader. */
  let presented: string | undefined;
  /** Whether the gateway announced a gap that it has not yet described. */
  let expectsGap = false;

  function hasJoined(): boolean {
    return state === "joining" || state === "open" || state === "paused";
  }

  function enter(next: State, details: StateDetails = {}): void {
    if (state === next) return;
    state = next;
    if (next !== "joining" && next !== "paused") void onState(next, details);
  }

  /** Asks the gateway to subscribe, if the connection is open. */
  async function join(): Promise<void> {
    try {
      if (!tokens.jwt) {
        enter("refreshing");
        await tokens.renew();
      }
    } catch (error) {
      return failed(error as RealtimeError);
    }
    retry = undefined;
    const token = tokens.jwt;
    // While the app was asked, the reader may have joined or ended.
    if (hasJoined() || isOver(state) || !token) return;
    const data = { token, since: position };
    if (!connections.send({ kind: "sub", ref, data })) return;
    presented = token;
    enter("joining");
  }

  /** @param error The failure, unless another token is all that is needed. */
  function joinLater(retryInMs: number, error?: RealtimeError): void {
    if (isOver(state)) return;
    attempt++;
    enter("connecting", { error, attempt, retryInMs });
    clearTimeout(retry);
    retry = setTimeout(join, retryInMs);
  }

  /** Handles the gateway's answer that the subscription is ready. */
  function accepted({ data: { ticket, channels } }: FrameOf<"ready">): void {
    const ready = channels.find((ready) => ready.channel === channel);
    const refused = topics.find((topic) => !ready?.topics.includes(topic));
    if (!ready || refused !== undefined) {
      void end(
        new RealtimeError(
          "forbidden",
          `Cannot subscribe: the token has no topic "${refused}"`,
        ),
      );
      return;
    }
    presented = tokens.jwt = ticket;
    attempt = refusals = 0;
    start ??= ready.position;
    expectsGap = ready.recovered === false;
    // The old position stays until the gap is reported, because the connection may be lost before that.
    if (!expectsGap) position = ready.position;
    enter("open");
  }

  /** Handles a refusal by the gateway. Another token may help, but not if several did not. */
  function refused(error: RealtimeError): void {
    if (!isTokenRefusal(error)) return failed(error);
    // Another reader may have replaced the token in the meantime.
    if (tokens.jwt === presented) {
      tokens.jwt = undefined;
      tokens.refusal = error;
    }
    const max = error.code === "invalid_token" ? MAX_INVALID : MAX_RENEWALS;
    if (refusals++ < max) joinLater(0);
    else void end(error);
  }

  /** Handles a failure to join, or a refusal for which another token does not help. */
  function failed(error: RealtimeError): void {
    if (isTransient(error)) joinLater(backoff(attempt), error);
    else void end(error);
  }

  function missed({ data: { after, before } }: FrameOf<"gap">): void {
    const last = idBefore(before);
    // A gap that `ready` did not announce may concern another reader that is behind this one.
    if (!expectsGap && !isLater(last, position)) return;
    expectsGap = false;
    position = last;
    delivery.endStreams(
      new RealtimeError("unavailable", "Cannot go on: messages are lost"),
    );
    onGap({ channel, after, before });
  }

  function received(message: IncomingMessage, size: number): void {
    if (!topics.includes(message.topic) || !isLater(message.id, position)) {
      return;
    }
    // Without a consumer the limit is lower.
    if (delivery.load() >= (stream.locked ? 1 : 1 / 64)) return pause();
    position = message.id;
    delivery.add(message, size);
  }

  function pause(): void {
    enter("paused");
    // A consumer of a data stream would wait for the paused reader forever.
    delivery.endStreams(slowConsumer(), true);
    connections.send({ kind: "unsub", ref });
  }

  function resume(): void {
    if (state !== "paused" || !stream.locked || delivery.load() >= 1 / 2) {
      return;
    }
    enter("connecting");
    void join();
  }

  async function end(error?: RealtimeError): Promise<void> {
    if (isOver(state)) return;
    const last = state = error ? "failed" : "closed";
    clearTimeout(retry);
    delivery.endStreams(error ?? closedError());
    const removed = connections.remove(ref);
    await new Promise<void>((resolve) => {
      // A schema may never resolve.
      retry = setTimeout(resolve, LEAVE_MS / 2);
      void delivery.settled().then(resolve);
    });
    clearTimeout(retry);
    await removed;
    await onState(last, { error });
    delivery.end(error);
  }

  connections.add(ref, {
    topics: topics.map((topic) => `${channel}\n${topic}`),
    onError,
    present() {
      if (!tokens.jwt && !retry) joinLater(0);
      return presented = tokens.jwt;
    },
    connectionChanged(next, details, refusal) {
      // A paused reader needs no connection. It joins when it resumes.
      if (state === "paused") return;
      if (next === "open") void join();
      if (next !== "connecting" && next !== "waiting") return;
      const hasAsked = hasJoined();
      enter(next, details);
      if (refusal && hasAsked) refused(refusal);
    },
    receive(frame, size) {
      switch (frame.kind) {
        case "ready":
          return accepted(frame);
        case "error":
          return refused(errorOf(frame.data));
      }
      if (state !== "open") return;
      if (frame.kind === "ping") {
        // The channel has moved, though the topics of this reader may be quiet.
        const id = frame.data?.[channel];
        // A channel may have the name of a property that every object has, whose value is no text.
        if (isText(id) && isLater(id, position)) position = id;
      } else if (frame.channel === channel) {
        if (frame.kind === "gap") missed(frame);
        else received(frame, size);
      }
    },
  });

  return {
    stream,
    position: () => stream.locked ? position : start,
    end,
  };
}

/** Tells whether a reader in this state has ended. */
export function isOver(state: State): boolean {
  return state === "closed" || state === "failed";
}

/** Makes the error for a subscription that is closed. */
export function closedError(): RealtimeError {
  return new RealtimeError(
    "aborted",
    "Cannot go on: the subscription is closed",
  );
}

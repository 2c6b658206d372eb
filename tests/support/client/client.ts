import { createRealtime } from "../../../core/app/create_realtime.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type {
  Realtime,
  RealtimeApp,
  Untyped,
} from "../../../core/types/realtime.ts";
import type { Target } from "../wire/websocket.ts";

/** Makes an app that publishes to a test's gateway and mints its tokens. */
export function appOf({ url, signingKey }: Target): RealtimeApp {
  return createRealtime({ url, signingKey });
}

/** A subscription of tests that do not concern types. */
export type AnySubscription = Realtime.Subscribe.StreamSubscription<Untyped>;

/** Subscribes to topic `t` of channel `c`. */
export async function open(
  target: Target,
  options?: Realtime.Subscribe.Options<Untyped>,
  url: string = target.url,
): Promise<AnySubscription> {
  const app = createRealtime({ url, signingKey: target.signingKey });
  return await subscribe({ app, channel: "c", topics: ["t"] }, options);
}

/** Publishes each of some data to topic `t` of channel `c`, one after the other. */
export async function publishAll(
  target: Target,
  ...data: unknown[]
): Promise<string[]> {
  const app = appOf(target);
  const ids: string[] = [];
  for (const item of data) {
    const { id } = await app.publish({ channel: "c", topic: "t", data: item });
    ids.push(id);
  }
  return ids;
}

/** Reads a number of values from a stream, and leaves it open. */
export async function take(
  stream: ReadableStream<Untyped>,
  count: number,
): Promise<Untyped[]> {
  const reader = stream.getReader();
  const taken: Untyped[] = [];
  try {
    while (taken.length < count) {
      const { done, value } = await reader.read();
      if (done) break;
      taken.push(value);
    }
    return taken;
  } finally {
    reader.releaseLock();
  }
}

/** Reads the data of a number of messages from a stream, and leaves it open. */
export async function takeData(
  stream: ReadableStream<Untyped>,
  count: number,
): Promise<unknown[]> {
  return (await take(stream, count)).map(({ data }) => data);
}

/** Reads a stream to its end. */
export async function readAll(
  stream: ReadableStream<Untyped>,
): Promise<Untyped[]> {
  return await take(stream, Infinity);
}

/** A promise and the functions that settle it. */
export interface Signal<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** A value that a handler passes to a test. */
export function signal<T = void>(): Signal<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, resolve };
}

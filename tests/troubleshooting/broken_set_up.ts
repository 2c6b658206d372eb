import { createRealtime } from "../../core/app/create_realtime.ts";
import { subscribe } from "../../core/subscribe/subscribe.ts";
import type {
  Realtime,
  RealtimeApp,
  Untyped,
} from "../../core/types/realtime.ts";
import { Cli } from "../support/gateway/cli.ts";
import { SIGNING_KEY } from "../support/gateway/gateway.ts";
import { tokenFor } from "../support/wire/websocket.ts";
import { Listener, type Witness } from "./witness.ts";

/** A broken set-up that runs, and what both sides get to read in it. */
export interface BrokenSetUp extends AsyncDisposable {
  readonly developer: Witness;
  readonly operator: Witness;
}

/** Makes a set-up whose parts end with it, the last one first. */
export function setUpOf(
  witnesses: Pick<BrokenSetUp, "developer" | "operator">,
  parts: readonly AsyncDisposable[],
): BrokenSetUp {
  return {
    ...witnesses,
    async [Symbol.asyncDispose]() {
      for (const part of parts.toReversed()) await part[Symbol.asyncDispose]();
    },
  };
}

/** A gateway in a process of its own, whose log says everything. */
export interface LoggingGateway extends AsyncDisposable {
  readonly url: string;
  readonly signingKey: string;
  readonly cli: Cli;
  /** Returns a witness of the log from now on. */
  log(): Witness;
}

/** The channel and topic of the set-ups. */
export const TARGET = { channel: "orders", topics: ["paid"] };

/** Starts the gateway's command line. */
export async function startLoggingGateway(
  args: readonly string[] = [],
): Promise<LoggingGateway> {
  const cli = new Cli([
    ...["--port", "0", "--log-level", "debug", ...args],
  ], { REALTIME_SIGNING_KEY: SIGNING_KEY });
  return {
    url: await cli.url(),
    signingKey: SIGNING_KEY,
    cli,
    log() {
      const { length } = cli.output;
      return { text: () => cli.output.slice(length) };
    },
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

/** Makes an app that reports a failure at once. */
export function impatientApp(
  url: string,
  signingKey: string = SIGNING_KEY,
): RealtimeApp {
  return createRealtime({ url, signingKey, retry: { attempts: 1 } });
}

/** A token, or a function that gets one. */
export type Source = Token | (() => Promise<Token>);

type Token = Realtime.Subscribe.Token;

/** Makes a token of the set-ups' target. */
export async function tokenAt(
  { url, signingKey }: { readonly url: string; readonly signingKey: string },
  topics: readonly string[] = TARGET.topics,
): Promise<Token> {
  const key = await tokenFor({ url, signingKey }, ["orders/paid"]);
  return { channel: TARGET.channel, topics: [...topics], key, apiBaseUrl: url };
}

/** A subscription that may never open, and what its developer gets to read. */
export interface Attempt extends AsyncDisposable {
  readonly developer: Listener;
  /** Resolves once the subscription is open; never where it fails. */
  readonly opened: Promise<void>;
}

/** Subscribes, and notes what the public callbacks and the rejection say. */
export function attempt(
  source: Source,
  options: Realtime.Subscribe.Options<Untyped> = {},
): Attempt {
  const developer = new Listener();
  const controller = new AbortController();
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const opening = subscribe(source, {
    reconnectMin: "50ms",
    reconnectMax: "100ms",
    ...options,
    signal: controller.signal,
    onError: ({ message }) => developer.add(message),
    // These tests don't ask what a slow client misses.
    onGap() {},
    onState(_, { error }) {
      if (error) developer.add(error.message);
    },
  });
  opening.then(() => resolve(), ({ message }) => developer.add(message));
  return {
    developer,
    opened,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await opening.catch(() => {});
    },
  };
}

/** Publishes a message, and notes what the rejection says. */
export async function tryToPublish(
  app: RealtimeApp,
  developer: Listener,
  data: unknown = 1,
): Promise<void> {
  try {
    await app.publish({ channel: "orders", topic: "paid", data });
  } catch (error) {
    developer.add(Object(error).message);
  }
}

import { channelName } from "../../core/channel/channel.ts";
import type { MessageFrame } from "../../core/protocol/frames.ts";
import { gatewaysHere } from "../../core/http/gateway_fetch.ts";
import { createRealtime } from "../../core/app/create_realtime.ts";
import { DEFAULT_RETRY, request, type Retry } from "../../core/http/request.ts";
import type { AsyncClosing } from "../../core/types/async_closing.ts";
import type {
  Realtime,
  RealtimeApp,
  Untyped,
} from "../../core/types/realtime.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import type { GatewayOptions } from "../options.ts";
import { createLocalFetch } from "./local_fetch.ts";
import { type PublishedMessage, toPublished } from "./published.ts";

/** A message that was published to a channel, with topic and data typed by the channel. */
export type TestMessage<
  TChannel extends string | Realtime.Channel = string | Realtime.Channel,
> =
  & Omit<PublishedMessage, "topic" | "data">
  & (TChannel extends Realtime.Channel ? {
      [K in Realtime.Channel.TopicName<TChannel>]: {
        readonly topic: K;
        readonly data: Realtime.Topic.InferPublish<
          Realtime.Channel.InferTopics<TChannel>[K]
        >;
      };
    }[Realtime.Channel.TopicName<TChannel>]
    : { readonly topic: string; readonly data: Untyped });

/** A gateway in memory for a test. */
export interface TestRealtime extends AsyncClosing {
  /** Publishes and mints tokens; given to the code under test. */
  readonly realtime: RealtimeApp;
  /** The gateway's base URL, for code that makes its own `createRealtime`. Requests to it stay in this process. */
  readonly url: string;
  /** The gateway's signing key. */
  readonly signingKey: string;
  /** The gateway itself. */
  readonly gateway: Gateway;
  /**
   * Returns the messages that were published to a channel so far, oldest first: topics and data, without ids and times. A data stream is
   * one message, whose data is its text.
   */
  messages<const TChannel extends string | Realtime.Channel>(
    channel: TChannel,
  ): Promise<TestMessage<TChannel>[]>;
  /** Breaks the connection of every subscription, as a network failure does. The subscriptions reconnect and resume. */
  disconnect(): void;
  /** Closes the gateway and ends every subscription. */
  close(): Promise<void>;
}

/** The body of a response of `GET /v1/realtime/history`. */
interface HistoryPage {
  readonly messages: readonly MessageFrame[];
  readonly position: string;
  readonly more: boolean;
}

const SIGNING_KEY = "a-signing-key-of-tests-and-nothing-else";

const ONCE: Retry = { ...DEFAULT_RETRY, attempts: 1 };

let count = 0;

/**
 * Creates a gateway in memory for one test. It does all that a gateway does, without sockets and without a server: `subscribe` and the
 * hooks reach it with a token of its own.
 */
export function createTestRealtime(
  options: Omit<GatewayOptions, "dev" | "signingKey"> = {},
): TestRealtime {
  const url = `http://gateway-${++count}.test`;
  const access = { url, signingKey: SIGNING_KEY };
  const gateway = createGateway({ signingKey: SIGNING_KEY, ...options });
  const local = createLocalFetch(gateway);
  const { fetch } = local;
  const context = { url, bearer: SIGNING_KEY, fetch, retry: ONCE };
  gatewaysHere.set(url, local.fetch);

  async function messages<TChannel extends string | Realtime.Channel>(
    channel: TChannel,
  ): Promise<TestMessage<TChannel>[]> {
    const frames: MessageFrame[] = [];
    let page: HistoryPage = { messages: [], position: "start", more: true };
    while (page.more) {
      const fields = { channel: channelName(channel), since: page.position };
      const query = new URLSearchParams(fields);
      const answer = await request(context, {
        path: `/v1/realtime/history?${query}`,
        method: "GET",
        action: "Cannot read the messages",
      });
      page = JSON.parse(answer);
      frames.push(...page.messages);
    }
    return toPublished(frames) as unknown as TestMessage<TChannel>[];
  }

  async function close(): Promise<void> {
    // Further requests are refused for good, so that no subscription retries.
    gatewaysHere.set(url, (request) => Promise.resolve(gone(`${request}`)));
    await gateway.close({ spread: 0, deadline: 0 });
  }

  return {
    realtime: createRealtime({ ...access, fetch: local.fetch }),
    ...access,
    gateway,
    messages,
    disconnect: local.disconnect,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Refuses a request to a gateway that is closed. */
function gone(request: string): Response {
  const message = "Cannot answer: the test's gateway is closed";
  const error = { code: "forbidden", message };
  if (!request.includes("/sse?")) {
    return Response.json({ error }, { status: 403 });
  }
  const frame = JSON.stringify({ kind: "error", data: error });
  return new Response(`data: ${frame}\n\n`);
}

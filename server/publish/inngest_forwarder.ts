import { invalidArgument } from "../../core/protocol/duration.ts";
import { readEnvironment } from "../../core/http/environment.ts";
import { DEFAULT_RETRY, request } from "../../core/http/request.ts";
import type { InboundMessage, OnMessage } from "./message_callback.ts";

/** An event of Inngest. */
export interface InngestEvent {
  /** The event's name. */
  name: string;
  /** The event's data. */
  data: Record<string, unknown>;
  /** Inngest ignores a second event with the same id within a day. */
  id?: string;
}

/** The part of an Inngest client, of version 3 or 4, that sends events. */
export interface InngestSender {
  /** Sends an event. */
  send(event: InngestEvent): Promise<unknown>;
}

/** Options of {@linkcode forwardToInngest}. */
export interface ForwardOptions {
  /**
   * The Inngest client that sends the events.
   *
   * @default {none: the events are sent with `eventKey`}
   */
  client?: InngestSender | undefined;
  /**
   * The key of Inngest's event API; the dev server accepts any.
   *
   * @default {the environment variable INNGEST_EVENT_KEY}
   */
  eventKey?: string | undefined;
  /**
   * The base URL of Inngest's event API.
   *
   * @default {the environment variable INNGEST_BASE_URL, else "https://inn.gs"}
   */
  baseUrl?: string | undefined;
  /**
   * Creates the event of a message; returns `undefined` for a message that is not forwarded.
   *
   * @default {an event `realtime/message` with channel, topic, data, id, replyTo, subject and jti as its data, for messages of the kind `data`}
   */
  toEvent?: ((message: InboundMessage) => InngestEvent | undefined) | undefined;
}

/**
 * Creates an `onMessage` that forwards clients' messages to Inngest as events: a function that waits with `step.waitForEvent` continues
 * when a user replies in a browser.
 *
 * The event has the message's id, so that a retry of the client becomes no second event.
 *
 * @example
 * ```ts
 * import { createGateway, forwardToInngest } from "@tidings/realtime/server";
 *
 * const gateway = createGateway({
 *   signingKey: "a-key-of-at-least-32-characters-0000",
 *   onMessage: forwardToInngest({ eventKey: "test", baseUrl: "http://localhost:8288" }),
 * });
 * ```
 *
 * @throws {RealtimeError} `invalid_argument` without a client and an event key.
 */
export function forwardToInngest(options: ForwardOptions = {}): OnMessage {
  const { client, toEvent = toMessageEvent } = options;
  const send = client
    ? (event: InngestEvent) => client.send(event)
    : eventApi(options);
  return async (message) => {
    const event = toEvent(message);
    if (event) await send({ id: message.id, ...event });
  };
}

function toMessageEvent(
  { kind, ...data }: InboundMessage,
): InngestEvent | undefined {
  return kind === "data" ? { name: "realtime/message", data } : undefined;
}

/** Returns a function that sends events to Inngest's event API. */
function eventApi(
  {
    eventKey = readEnvironment("INNGEST_EVENT_KEY"),
    baseUrl = readEnvironment("INNGEST_BASE_URL") ?? "https://inn.gs",
  }: ForwardOptions,
): (event: InngestEvent) => Promise<unknown> {
  if (!eventKey) {
    throw invalidArgument(
      "Cannot forward to Inngest: give a client or an event key, or set INNGEST_EVENT_KEY",
    );
  }
  const url = baseUrl.replace(/\/+$/, "");
  return (event) =>
    request({ url, bearer: undefined, fetch, retry: DEFAULT_RETRY }, {
      path: `/e/${encodeURIComponent(eventKey)}`,
      body: JSON.stringify(event),
      headers: { "content-type": "application/json" },
      signal: undefined,
      action: "Cannot send an event to Inngest",
    });
}

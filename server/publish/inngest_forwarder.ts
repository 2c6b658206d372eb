import { readEnvironment } from "../../core/http/environment.ts";
import { request } from "../../core/http/request.ts";
import type { InboundMessage, OnMessage } from "./message_callback.ts";

/** The name of the events, unless the app makes others. */
const EVENT_NAME = "realtime/message";

/** An event, as Inngest takes it. */
export interface InngestEvent {
  /** The event's name. */
  name: string;
  /** What it says. */
  data: Record<string, unknown>;
  /** Events of the same id count once, within a day. */
  id?: string;
}

/** What sends events: an Inngest client, of version 3 or 4. */
export interface InngestSender {
  /** Sends an event. */
  send(event: InngestEvent): Promise<unknown>;
}

/** How messages become events. */
export interface ForwardOptions {
  /**
   * An Inngest client, which sends the events.
   *
   * @default {none: they are sent with `eventKey`}
   */
  client?: InngestSender;
  /**
   * The key of Inngest's event API; the dev server takes any.
   *
   * @default {the environment variable INNGEST_EVENT_KEY}
   */
  eventKey?: string;
  /**
   * Where Inngest's event API is.
   *
   * @default {the environment variable INNGEST_BASE_URL, else "https://inn.gs"}
   */
  baseUrl?: string;
  /**
   * Makes the event of a message; `undefined` for a message that is none of Inngest's business.
   *
   * @default {`realtime/message`, with channel, topic, data, id, replyTo, sub and jti as its data, of messages of the kind `data`}
   */
  toEvent?: (message: InboundMessage) => InngestEvent | undefined;
}

/**
 * Makes the `onMessage` of a gateway that turns what clients publish into Inngest events: a function that waits for one with
 * `step.waitForEvent` continues when somebody in a browser answers.
 *
 * The message's id is the event's, so that one which the gateway tells of twice is one event.
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
 * @param options What sends the events: a client, or an event key.
 * @throws {TypeError} Where there is neither.
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
  return kind === "data" ? { name: EVENT_NAME, data } : undefined;
}

/** Sends events by HTTP. */
function eventApi(
  {
    eventKey = readEnvironment("INNGEST_EVENT_KEY"),
    baseUrl = readEnvironment("INNGEST_BASE_URL") ?? "https://inn.gs",
  }: ForwardOptions,
): (event: InngestEvent) => Promise<unknown> {
  if (!eventKey) {
    throw new TypeError(
      "Cannot forward to Inngest: give a client or an event key, or set INNGEST_EVENT_KEY",
    );
  }
  const url = baseUrl.replace(/\/+$/, "");
  return (event) =>
    request({ url, bearer: undefined, fetch, retry: {} }, {
      path: `/e/${encodeURIComponent(eventKey)}`,
      body: JSON.stringify(event),
      headers: { "content-type": "application/json" },
      signal: undefined,
      action: "Cannot send an event to Inngest",
    });
}

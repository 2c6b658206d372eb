import { Hono } from "@hono/hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { checkName } from "../../../core/protocol/names.ts";
import type { GatewayParts } from "../context.ts";
import { publisherOf } from "./publish.ts";

/** `GET /v1/realtime/subscribers`: how many connections follow a channel or a topic of it, at every gateway: for who publishes. */
export function subscribersRoutes(parts: GatewayParts): Hono {
  return new Hono().get("/subscribers", async (c) => {
    const publisher = await publisherOf(parts, c);
    const channel = checkName("channel", c.req.query("channel") ?? "");
    const topics = c.req.queries("topic") ?? [];
    if (topics.length > 1) {
      throw new RealtimeError(
        "invalid_argument",
        "Cannot count the subscribers: name one topic, or none for the whole channel",
      );
    }
    const [topic] = topics;
    if (topic !== undefined) checkName("topic", topic);
    publisher.require(channel, [topic ?? ""]);
    const { broker } = parts.hub;
    return c.json({ subscribers: await broker.subscribers(channel, topic) });
  });
}

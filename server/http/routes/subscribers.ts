import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { checkName } from "../../../core/protocol/names.ts";
import type { Broker } from "../../brokers/broker.ts";
import type { FindSender } from "./publish.ts";

/** `GET /v1/realtime/subscribers`: tells publishers how many connections follow a channel or one of its topics, at all gateways. */
export function subscribersRoutes(
  findSender: FindSender,
  broker: Broker,
): Hono {
  return new Hono().get("/subscribers", async (c) => {
    const { publisher } = await findSender(c.req.header("authorization"));
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
    return c.json({ subscribers: await broker.subscribers(channel, topic) });
  });
}

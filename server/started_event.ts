import { VERSION } from "../core/protocol/version.ts";
import type { GatewaySettings } from "./options.ts";
import type { Started } from "./events/gateway_event.ts";

/** Builds the event of a gateway that listens. */
export function startedEvent(
  settings: GatewaySettings,
  url: string,
  runtime: string,
): Started {
  return {
    event: "started",
    version: VERSION,
    runtime,
    broker: settings.broker.name,
    url,
    dev: settings.dev,
    allowed_origins: settings.allowedOrigins,
    limits: {
      message_bytes: settings.maxMessageBytes,
      subscriptions: settings.maxSubscriptions,
      inbound_rate: settings.maxInboundRate,
      publish_rate: settings.maxPublishRate,
      queue_bytes: settings.queueBytes,
    },
  };
}

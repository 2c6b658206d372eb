import { getLogger, type Logger } from "@logtape/logtape";
import type { EventListener } from "./events.ts";
import type { GatewayEvent } from "./gateway_event.ts";
import { RefusalThrottle } from "./refusal_throttle.ts";

/** The sentence of each event in the text log. */
const SENTENCES: Readonly<Record<GatewayEvent["event"], string>> = {
  "connected": "{session} connected by {transport} from {address}",
  "subscribed": "{session} subscribed to {channel} after {position}",
  "closed": "{session} closed with {code}: {reason}",
  "gap": "{session} missed the messages of {channel} from {after} to {before}",
  "slow": "{session} was too slow: {queued_bytes} bytes waited",
  "refused": "Refused with {code}: {reason}",
  "published": "Published to {channel}",
  "broker.down": "The broker {broker} does not answer: {reason}",
  "broker.up": "The broker {broker} answers again",
  "stopping": "Stopping; {connections} clients are asked to reconnect",
  "drained": "All clients have left",
};

/** Writes events to a logger, each with its fields. Those of single clients that go well are written at the level `debug`. */
export function eventLog(
  logger: Logger = getLogger(["tidings", "gateway"]),
): EventListener {
  const throttle = new RefusalThrottle();
  return (event) => {
    const sentence = SENTENCES[event.event];
    switch (event.event) {
      case "refused": {
        const suppressed = throttle.admit(event.error);
        if (suppressed === undefined) return;
        const rest = suppressed > 0 ? { suppressed } : {};
        return logger.info(sentence, { ...event, ...rest });
      }
      case "broker.down":
      case "broker.up":
      case "stopping":
      case "drained":
        return logger.info(sentence, { ...event });
      default:
        return logger.debug(sentence, () => ({ ...event }));
    }
  };
}

import type { Logger } from "@logtape/logtape";
import type { EventName, Events } from "./events.ts";
import type { GatewayEvent, Refused } from "./gateway_event.ts";
import { RefusalThrottle } from "./refusal_throttle.ts";
import { type LoggedRefusal, sentenceOf } from "./sentences.ts";

/** The levels of events: single clients that are served, well or badly, have the lowest. */
export const EVENT_LEVELS: Readonly<Record<EventName, "info" | "debug">> = {
  "started": "info",
  "stopping": "info",
  "drained": "info",
  "broker.down": "info",
  "broker.up": "info",
  "refused": "info",
  "connected": "debug",
  "subscribed": "debug",
  "published": "debug",
  "closed": "debug",
  "gap": "debug",
  "slow": "debug",
};

/**
 * Writes events to a logger, each with its fields.
 *
 * @param dev Whether refusals are shown on the console where no log has them: the developer would look for the reason elsewhere.
 */
export function logEvents(events: Events, logger: Logger, dev: boolean): void {
  const throttle = new RefusalThrottle();

  function write(event: GatewayEvent): void {
    logger[EVENT_LEVELS[event.event]](sentenceOf(event), { ...event });
  }

  function writeRefusal(event: Refused): void {
    const isLogged = logger.isEnabledFor(EVENT_LEVELS.refused);
    if (!isLogged && !dev) return;
    const suppressed = throttle.admit(event.error);
    if (suppressed === undefined) return;
    const refusal: LoggedRefusal = suppressed === 0
      ? event
      : { ...event, suppressed };
    if (isLogged) write(refusal);
    else console.warn(`Tidings refused with ${event.code}: ${event.reason}`);
  }

  events.listen((event) => {
    if (event.event === "refused") writeRefusal(event);
    else if (logger.isEnabledFor(EVENT_LEVELS[event.event])) write(event);
  }, (name) => logger.isEnabledFor(EVENT_LEVELS[name]));
}

import type { Logger, LogLevel } from "@logtape/logtape";
import type { EventName, Events } from "./events.ts";
import { RefusalThrottle } from "./refusal_throttle.ts";

/** How an event is logged. */
interface Entry {
  readonly level: LogLevel;
  /** The sentence of the text log. */
  readonly sentence: string;
}

/** Events of single clients that go well have the level `debug`. */
const ENTRIES: Readonly<Record<EventName, Entry>> = {
  "started": {
    level: "info",
    sentence: "Tidings {version} on {runtime} listens on {url}",
  },
  "stopping": {
    level: "info",
    sentence: "Stopping; {connections} clients are asked to reconnect",
  },
  "drained": { level: "info", sentence: "All clients have left" },
  "broker.down": {
    level: "info",
    sentence: "The broker {broker} can't be used: {reason}",
  },
  "broker.up": {
    level: "info",
    sentence: "The broker {broker} can be used again",
  },
  "refused": { level: "info", sentence: "Refused with {code}: {reason}" },
  "connected": {
    level: "debug",
    sentence: "{session} connected by {transport} from {address}",
  },
  "subscribed": {
    level: "debug",
    sentence: "{session} subscribed to {channel} after {position}",
  },
  "published": {
    level: "debug",
    sentence: "Published {id} to {channel}, topic {topic}, by {via}",
  },
  "closed": {
    level: "debug",
    sentence: "{session} closed with {code}: {reason}",
  },
  "gap": {
    level: "debug",
    sentence:
      "{session} missed the messages of {channel} from {after} to {before}",
  },
  "slow": {
    level: "debug",
    sentence: "{session} was too slow: {queued_bytes} bytes waited",
  },
};

/** Writes events to a logger, each with its fields. */
export function logEvents(events: Events, logger: Logger): void {
  const throttle = new RefusalThrottle();
  events.listen((event) => {
    const { level, sentence } = ENTRIES[event.event];
    if (!logger.isEnabledFor(level)) return;
    if (event.event !== "refused") {
      return logger[level](sentence, { ...event });
    }
    const suppressed = throttle.admit(event.error);
    if (suppressed === undefined) return;
    const rest = suppressed > 0 ? { suppressed } : {};
    logger[level](sentence, { ...event, ...rest });
  }, (name) => logger.isEnabledFor(ENTRIES[name].level));
}

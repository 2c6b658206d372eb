import type { From } from "../../core/types/token.ts";
import type { RacePlan } from "./client_protocol.ts";
import { Subscriber, type SubscriberHost } from "./subscriber.ts";

/** How many messages before the newest one a subscription may start. */
const BEHIND = 12;

/** How many messages each subscription awaits that were published after it was opened. */
const LIVE = 2;

/**
 * Subscribes again and again while messages are published to the channel: from an id, from the newest few messages, from now and from the
 * start. Each subscription has its own connection and ends when it has received live messages.
 *
 * @returns The closed subscribers.
 */
export async function race(
  host: SubscriberHost,
  { channel, count, lanes }: RacePlan,
): Promise<Subscriber[]> {
  const group = "races";
  const plan = { group, channels: [channel], count: 1, isTrimmed: true };
  const watcher = new Subscriber(host, { ...plan, from: "live" }, channel);
  await watcher.open();
  await watcher.until(() => watcher.observation.received > BEHIND);

  const subscribers: Subscriber[] = [];
  async function lane(): Promise<void> {
    while (subscribers.length < count) {
      const from = startOf(subscribers.length, watcher);
      const subscriber = new Subscriber(host, { ...plan, from }, channel);
      subscribers.push(subscriber);
      await subscriber.open();
      // By then the subscriber has moved from the log to live messages.
      const goal = offsetOf(watcher) + LIVE;
      await subscriber.until(() =>
        subscriber.failure !== undefined || offsetOf(subscriber) >= goal
      );
      await subscriber.close();
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  await watcher.close();
  return subscribers;
}

function offsetOf({ observation }: Subscriber): number {
  return Number((observation.last ?? "-0").split("-")[1]);
}

function startOf(index: number, watcher: Subscriber): From {
  switch (index % 10) {
    case 0:
      return "start";
    case 1:
    case 2:
      return "live";
    case 3:
    case 4:
      return { last: 1 + index % BEHIND };
    default: {
      const [epoch] = (watcher.observation.last ?? "").split("-");
      return `${epoch}-${Math.max(0, offsetOf(watcher) - index % BEHIND)}`;
    }
  }
}

import type { Broker, LogListener } from "../../../server/mod.ts";

/** Makes several brokers of one, so that several gateways share it as they share a distributed broker. */
export function shareBroker(broker: Broker): () => Broker {
  const listeners = new Map<string, Set<LogListener>>();
  return () => {
    const own = new Map<string, LogListener>();
    return {
      name: broker.name,
      publish: (...args) => broker.publish(...args),
      reply: (...args) => broker.reply(...args),
      async subscribe(channel, listener) {
        const all = listeners.get(channel) ?? new Set();
        listeners.set(channel, all.add(listener));
        own.set(channel, listener);
        return await broker.subscribe(channel, {
          entry(...args) {
            for (const each of [...all]) each.entry(...args);
          },
          moved(position) {
            for (const each of [...all]) each.moved(position);
          },
        });
      },
      unsubscribe(channel) {
        const all = listeners.get(channel);
        const listener = own.get(channel);
        if (!all || !listener) return;
        all.delete(listener);
        own.delete(channel);
        if (all.size === 0) broker.unsubscribe(channel);
      },
      read: (...args) => broker.read(...args),
      before: (...args) => broker.before(...args),
      // Tests that count subscribers use a real distributed broker.
      announce: () => {},
      subscribers: (...args) => broker.subscribers(...args),
      revoke: (...args) => broker.revoke(...args),
      followRevocations: (...args) => broker.followRevocations(...args),
      awaitRevocations: () => broker.awaitRevocations(),
      health: () => broker.health(),
      close: () => Promise.resolve(),
    };
  };
}

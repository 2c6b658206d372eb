import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";

/** A publish that waits for its answer. */
export interface LatePublish {
  readonly channel: string;
  /** Lets the broker publish, or fail. */
  answer(error?: RealtimeError): void;
}

/** A broker in memory that answers publishes to channels whose names begin with `late` only when the test lets it. */
export interface LateBroker {
  readonly broker: Broker;
  /** How many late publishes began. */
  readonly began: number;
  /** Waits for the next late publish that begins. */
  next(): Promise<LatePublish>;
}

/** Creates a {@linkcode LateBroker}, which may say that it keeps the order of the calls. */
export function lateBroker(
  options: Pick<Broker, "keepsCallOrder"> = {},
): LateBroker {
  const memory = new MemoryBroker();
  const publish = memory.publish.bind(memory);
  const waiting: LatePublish[] = [];
  let began = 0;
  let wake: () => void = () => {};

  const broker: Broker = Object.assign(memory, options, {
    publish(channel: string, ...rest: [never, never, never]) {
      if (!channel.startsWith("late")) return publish(channel, ...rest);
      return new Promise((resolve, reject) => {
        began++;
        waiting.push({
          channel,
          answer(error) {
            if (error) reject(error);
            else resolve(publish(channel, ...rest));
          },
        });
        wake();
      });
    },
  });

  return {
    broker,
    get began() {
      return began;
    },
    async next() {
      for (;;) {
        const first = waiting.shift();
        if (first) return first;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}

import { validate } from "../../core/channel/validate.ts";
import type { Realtime } from "../../core/types/realtime.ts";
import { quote } from "./publisher.ts";

/** A channel, or the definition of many. */
export type KnownChannel = Realtime.Channel | Realtime.Channel.Definition;

/** A channel's topics, and which names it may have. */
interface Entry {
  readonly topics: Realtime.Topics;
  readonly pattern: RegExp;
  /** How much of a name it says: of several that match, the one that says most is meant. */
  readonly weight: number;
}

/** Stand for an argument in a name. Two, to see that a name is put together of its arguments, whatever they are. */
const HOLES = ["0hole0tidings0a0", "0hole0tidings0b0"] as const;

/** Arguments that a function of a name may take. */
const ARGUMENTS = 16;

/**
 * Stands in for whatever a function of a name is called with: a property of it, or what a method of it returns, stands for an argument
 * again.
 */
function standIn(text: string): never {
  const it: unknown = new Proxy(() => {}, {
    get: (_, key) =>
      key !== Symbol.toPrimitive ? it : (hint: string) => {
        if (hint !== "number") return text;
        throw new TypeError("An argument is reckoned with");
      },
    apply: () => it,
  });
  return it as never;
}

/** The schemas of the topics that a gateway knows: what clients publish there must match them. */
export class ChannelSchemas {
  readonly #entries: readonly Entry[];

  /** @throws {TypeError} For a definition whose names have no pattern, and for what is no channel. */
  constructor(channels: readonly KnownChannel[]) {
    this.#entries = channels.map(toEntry)
      .sort((one, other) => other.weight - one.weight);
  }

  /** Whether it knows none. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /**
   * Checks data that a client publishes, if the topic's schema is known.
   *
   * @throws {RealtimeError} `invalid_data`, with the issues.
   */
  async check(channel: string, topic: string, data: unknown): Promise<void> {
    const entry = this.#entries.find(({ pattern }) => pattern.test(channel));
    const schema = entry?.topics[topic]?.getSchema();
    if (!schema) return;
    await validate(
      schema,
      data,
      `Cannot publish to ${quote(channel)}, topic ${quote(topic)}`,
    );
  }
}

function toEntry(channel: KnownChannel, index: number): Entry {
  const literals = literalsOf(channel, index);
  const pattern = literals
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("[^]+");
  return {
    topics: channel.topics,
    pattern: new RegExp(`^${pattern}$`),
    // A name without arguments is the one that is meant.
    weight: literals.length === 1 ? Infinity : literals.join("").length,
  };
}

/** The texts between the arguments of a channel's name; the name alone, where it has none. */
function literalsOf(channel: KnownChannel, index: number): string[] {
  const where = `at ${index} of "channels"`;
  if (typeof channel !== "function") {
    if (typeof channel?.name === "string") return [channel.name];
    throw new TypeError(
      `Cannot create a gateway: there is no channel ${where}`,
    );
  }
  const problem =
    `Cannot create a gateway: the names of the definition ${where} have no pattern; give a definition that puts its arguments into them as they are`;
  let names;
  try {
    names = HOLES.map((hole) => {
      const args = Array(ARGUMENTS).fill(standIn(hole)) as never;
      return channel(...args).name.split(hole);
    });
  } catch (cause) {
    throw new TypeError(problem, { cause });
  }
  const [literals = [], others] = names;
  if (JSON.stringify(literals) === JSON.stringify(others)) return literals;
  throw new TypeError(problem);
}

import { invalidArgument } from "../../core/protocol/duration.ts";
import { topicSchema } from "../../core/channel/channel.ts";
import { validate } from "../../core/channel/validate.ts";
import type { Realtime } from "../../core/types/realtime.ts";
import { quote } from "../wire/quote.ts";

/** A channel, or the definition of many channels, of this package or of an Inngest SDK. */
export type KnownChannel =
  | Exclude<Realtime.Channel.Input, string>
  | Realtime.Channel.Definition;

interface Pattern {
  /** The texts before, between and after the stars. */
  readonly literals: readonly string[];
  readonly topics: object;
}

/** The schemas of the topics that a gateway knows. What clients publish there must match them. */
export class ChannelSchemas {
  readonly #names = new Map<string, object>();
  /** The most specific first. */
  readonly #patterns: Pattern[] = [];

  /**
   * @param channels Channels by their names, or by patterns in which `*` stands for one or more characters.
   * @throws {RealtimeError} `invalid_argument` for an empty key, and for a value that is not a channel.
   */
  constructor(channels: Readonly<Record<string, KnownChannel>>) {
    if (Array.isArray(channels)) {
      throw invalidArgument(
        'Cannot create a gateway: "channels" is a list, it must be an object of names or patterns such as { "user:*": userChannel }',
      );
    }
    for (const [key, value] of Object.entries(channels)) {
      const topics = topicsOf(key, value);
      const literals = key.split("*");
      if (literals.length === 1) this.#names.set(key, topics);
      else this.#patterns.push({ literals, topics });
    }
    this.#patterns.sort((a, b) => weight(b) - weight(a));
  }

  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#patterns.length === 0;
  }

  /** @throws {RealtimeError} `invalid_data`, with the issues, for data that doesn't match the topic's schema. */
  async check(channel: string, topic: string, data: unknown): Promise<void> {
    const topics = this.#names.get(channel) ??
      this.#patterns.find((pattern) => matches(channel, pattern))?.topics;
    const schema = topicSchema({ topics }, topic);
    const action = `Cannot publish to ${quote(channel)}, topic ${quote(topic)}`;
    if (schema) await validate(schema, data, action);
  }
}

function topicsOf(key: string, channel: KnownChannel): object {
  if (key === "") {
    throw invalidArgument(
      'Cannot create a gateway: a key of "channels" is empty, it must be a channel\'s name or a pattern',
    );
  }
  const { topics } = Object(channel);
  if (typeof topics === "object" && topics !== null) return topics;
  throw invalidArgument(
    `Cannot create a gateway: ${
      quote(key)
    } of "channels" is not a channel or a definition of channels`,
  );
}

/** Counts the literal characters of a pattern: the more there are, the more specific it is. */
function weight({ literals }: Pattern): number {
  return literals.join("").length;
}

/** Tells whether a name matches a pattern. A regular expression with several stars could take very long. */
function matches(name: string, { literals }: Pattern): boolean {
  const [first = "", ...others] = literals;
  const last = others.pop() ?? "";
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let end = first.length;
  for (const literal of others) {
    const start = name.indexOf(literal, end + 1);
    if (start === -1) return false;
    end = start + literal.length;
  }
  return end < name.length - last.length;
}

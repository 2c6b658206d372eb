import { queryOf } from "../runtimes/request_head.ts";
import type { Envelope } from "../wire/envelope.ts";
import { parseJson } from "../wire/json_text.ts";

/** Limits of the remembered addresses, in number and length: 16 MB at most. */
const KNOWN_ADDRESSES = 16_384;
const KNOWN_LENGTH = 256;

/** The parameters of addresses that are remembered. */
const REPEATED: ReadonlySet<string> = new Set(["channel", "topic"]);

/** The parameters that a message's envelope takes as they are. */
const FIELDS = {
  run_id: "runId",
  fn_id: "fnId",
  fn_slug: "fnSlug",
  env_id: "envId",
  reply_topic: "replyTopic",
  reply_to: "replyTo",
} as const;

/** The content of an address of a request to publish. */
export interface PublishAddress {
  readonly envelope: Envelope;
  readonly topics: readonly string[];
  /** Seconds that a stream may be silent, not checked yet. */
  readonly lease: string | undefined;
}

/**
 * Reads the addresses of requests to publish. Addresses with only a channel and topics repeat, so they are remembered, which saves
 * 1 µs.
 */
export class PublishAddresses {
  readonly #known = new Map<string, PublishAddress>();

  /**
   * Reads a request's target.
   *
   * @throws {RealtimeError} `invalid_json` for metadata that is not JSON.
   */
  read(target: string): PublishAddress {
    const known = this.#known.get(target);
    if (known) return known;
    const query = queryOf(target);
    const address = parseAddress(query);
    const repeats = [...query.keys()].every((name) => REPEATED.has(name));
    if (repeats && target.length <= KNOWN_LENGTH) {
      if (this.#known.size >= KNOWN_ADDRESSES) this.#known.clear();
      this.#known.set(target, address);
    }
    return address;
  }
}

function parseAddress(query: URLSearchParams): PublishAddress {
  const envelope: { -readonly [K in keyof Envelope]: Envelope[K] } = {
    channel: query.get("channel") ?? "",
  };
  for (const [parameter, field] of Object.entries(FIELDS)) {
    const value = query.get(parameter);
    if (value) envelope[field] = value;
  }
  const metadata = query.get("metadata");
  if (metadata) {
    envelope.metadata = JSON.stringify(parseJson(metadata, '"metadata"'));
  }
  const lease = query.get("lease") ?? undefined;
  return { envelope, topics: query.getAll("topic"), lease };
}

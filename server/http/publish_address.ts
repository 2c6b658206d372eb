import { queryOf } from "../runtimes/request_head.ts";
import { createEnvelope, type Envelope } from "../wire/envelope.ts";
import { parseJson } from "../wire/json_text.ts";

/** Limits of the remembered addresses, in number and length: 16 MB at most. */
const KNOWN_ADDRESSES = 16_384;
const KNOWN_LENGTH = 256;

/** The parameters of an address that is remembered. */
const PLAIN = ["channel", "topic"];

/** The content of an address of a request to publish. */
export interface PublishAddress {
  readonly envelope: Envelope;
  /** Without duplicates. */
  readonly topics: readonly string[];
  /** Seconds that a stream may be silent, not checked yet. */
  readonly lease: string | undefined;
  /** How the other open streams of the topics are treated, where a stream begins; not checked yet. */
  readonly otherStreams: string | undefined;
}

/** Reads the targets of requests to publish. Those with only a channel and topics repeat, so they are remembered, which saves 1 µs. */
export class PublishAddresses {
  readonly #known = new Map<string, PublishAddress>();

  /** @throws {RealtimeError} `invalid_json` for metadata that is not JSON. */
  read(target: string): PublishAddress {
    const known = this.#known.get(target);
    if (known) return known;
    const query = queryOf(target);
    const address = parseAddress(query);
    const isPlain = [...query.keys()].every((name) => PLAIN.includes(name));
    if (isPlain && target.length <= KNOWN_LENGTH) {
      if (this.#known.size >= KNOWN_ADDRESSES) this.#known.clear();
      this.#known.set(target, address);
    }
    return address;
  }
}

function parseAddress(query: URLSearchParams): PublishAddress {
  // An empty parameter counts as absent.
  const field = (name: string): string | undefined =>
    query.get(name) || undefined;
  const metadata = field("metadata");
  const envelope = createEnvelope(query.get("channel") ?? "", {
    run_id: field("run_id"),
    fn_id: field("fn_id"),
    fn_slug: field("fn_slug"),
    env_id: field("env_id"),
    reply_topic: field("reply_topic"),
    reply_to: field("reply_to"),
    metadata: metadata && parseJson(metadata, '"metadata"'),
  });
  return {
    envelope,
    // A topic that is named twice gets the message once.
    topics: [...new Set(query.getAll("topic"))],
    lease: query.get("lease") ?? undefined,
    otherStreams: query.get("other_streams") ?? undefined,
  };
}

import { hexDigest } from "../../core/protocol/digest.ts";
import { isName } from "../../core/protocol/names.ts";

/** Options of the adapters. */
export interface AdapterOptions {
  /** The beginning of the channels' names, which goes before the id. Each adapter has its own default. */
  prefix?: string | undefined;
}

/** Begins the hash that stands for an id. */
const HASHED = "sha256:";

/** Returns the channel of an id that another library chose, or of its hash if a channel's name can't have it. */
export async function channelFor(prefix: string, id: string): Promise<string> {
  const isPlain = isName(prefix + id) && !id.startsWith(HASHED);
  return prefix + (isPlain ? id : HASHED + await hexDigest(id));
}

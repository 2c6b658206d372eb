import {
  ResumableStreamError,
  type ResumableStreamLease,
  type ResumableStreamStore,
} from "assistant-stream/resumable";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import { ByteLog, type Lease } from "./byte_log.ts";
import type { ByteStream } from "./byte_stream.ts";
import { type AdapterOptions, channelFor } from "./channel_for.ts";

/**
 * Creates a store for `createResumableStreamContext`. A stream is kept as long as the gateway's log has its beginning, whatever `ttlMs` is.
 * If the producer dies, its stream ends in an error for all readers. Bytes that are appended together may be read as one chunk.
 *
 * @param realtime The app of the server.
 */
export function createResumableStreamStore(
  realtime: RealtimeApp,
  { prefix = "resumable:" }: AdapterOptions = {},
): Required<ResumableStreamStore> {
  // The newest stream of each id that this store produces.
  const produced = new Map<string, ByteStream>();

  async function logOf(id: string): Promise<ByteLog> {
    return new ByteLog(realtime, await channelFor(prefix, id));
  }

  async function requireLease(id: string): Promise<Lease> {
    const lease = await (await logOf(id)).lease();
    if (lease) return lease;
    throw new ResumableStreamError(
      "missing",
      `Stream not found: ${id}`,
    );
  }

  /** Returns the stream of an id if it is produced here, by the given lease. */
  function own(id: string, lease: ResumableStreamLease | undefined) {
    const stream = produced.get(id);
    return lease && lease.token !== stream?.token ? undefined : stream;
  }

  const store: Required<ResumableStreamStore> = {
    acquire: async (id) => (await store.acquireLease(id)).role,
    async acquireLease(id) {
      const stream = await (await logOf(id)).produce();
      if (!stream) return { role: "consumer" };
      produced.set(id, stream);
      return { role: "producer", lease: { token: stream.token } };
    },
    async append(id, chunk, lease) {
      if (await own(id, lease)?.write(chunk)) return;
      const { token } = await requireLease(id);
      const isOwner = !lease || lease.token === token;
      throw new ResumableStreamError(
        isOwner ? "finalized" : "missing",
        isOwner
          ? `Stream already finalized: ${id}`
          : `Stream superseded by a new acquisition: ${id}`,
      );
    },
    async finalize(id, status, error = "Stream errored", lease) {
      const stream = own(id, lease);
      if (!stream) {
        await requireLease(id);
        return false;
      }
      produced.delete(id);
      return await stream.end(status === "error" ? error : undefined);
    },
    async *read(id, cursor, signal) {
      const lease = await requireLease(id);
      yield* (await logOf(id)).read(lease, cursor || undefined, signal);
    },
    status: async (id) => await (await logOf(id)).status(),
    delete: async (id) => await (await logOf(id)).delete(),
  };
  return store;
}

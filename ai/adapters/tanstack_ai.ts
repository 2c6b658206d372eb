import type { StreamChunk, StreamDurability } from "@tanstack/ai";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import { type AdapterOptions, channelFor } from "./channel_for.ts";
import { ChunkLog, type PlacedChunk } from "./chunk_log.ts";
import { type RunSource, sourceOf } from "./run_source.ts";

/** Options of {@linkcode realtimeStream}. */
export interface RealtimeStreamOptions extends AdapterOptions {
  /**
   * How long a reader that joins a run waits for its first chunk, in milliseconds.
   *
   * @default {1000}
   */
  firstChunkMs?: number | undefined;
}

/**
 * Keeps the chunks of a run in the gateway's log, for the functions that take a `durability`. The run is that of the request's offset, else
 * of its `X-Run-Id` or `?runId`, else a new one: check before that the user may read it. It is kept as long as the log has its beginning.
 * There is no `upsert`.
 *
 * @param realtime The app of the server.
 * @param source The request, or the run.
 * @throws {RealtimeError} `invalid_argument` for an offset of another form, or an empty id of a run.
 */
export function realtimeStream(
  realtime: RealtimeApp,
  source: Request | RunSource,
  { prefix = "run:", firstChunkMs = 1000 }: RealtimeStreamOptions = {},
): StreamDurability {
  const { runId, offset, placeOf, offsetAt } = sourceOf(source);
  const opened = channelFor(prefix, runId)
    .then((channel) => new ChunkLog(realtime, channel));

  function withOffset({ place, chunk }: PlacedChunk) {
    return { offset: offsetAt(place), chunk: chunk as StreamChunk };
  }

  return {
    resumeFrom: () => offset,
    async append(chunks) {
      return (await (await opened).append(chunks)).map(offsetAt);
    },
    async *read(offset, signal) {
      const place = placeOf(offset);
      const log = await opened;
      for await (const chunk of log.read(place, firstChunkMs, signal)) {
        yield withOffset(chunk);
      }
    },
    close: async () => await (await opened).close(),
    snapshot: async () => (await (await opened).snapshot()).map(withOffset),
  };
}

import type { Context } from "@hono/hono";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { decodeUtf8 } from "../wire/json_text.ts";

/**
 * Reads a request's body as text.
 *
 * hono's `bodyLimit` does not cancel a stream that it stops reading, which Deno then never frees; and it reads before anybody has
 * asked who is calling.
 *
 * @param limit Bytes that it may have.
 * @param tooLarge Makes the error for one that has more.
 * @throws {RealtimeError} That error, or `invalid_data` where the body is not UTF-8 or broke off.
 */
export async function readText(
  c: Context,
  limit: number,
  tooLarge: () => RealtimeError,
): Promise<string> {
  const declared = c.req.header("content-length");
  if (Number(declared) > limit) throw tooLarge();
  const isStream = declared === undefined && !c.req.raw.bodyUsed;
  const bytes = isStream
    ? await readStream(c.req.raw.body, limit)
    : new Uint8Array(await whole(c.req.arrayBuffer()));
  if (bytes === undefined || bytes.length > limit) throw tooLarge();
  return decodeUtf8(bytes);
}

/** Reads a stream; `undefined` where it has more than the limit. */
async function readStream(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array | undefined> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (reader) {
    const { done, value } = await whole(reader.read());
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

async function whole<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw brokeOff(cause);
  }
}

/** The error for a body whose end did not come. */
export function brokeOff(cause?: unknown): RealtimeError {
  return new RealtimeError(
    "invalid_data",
    "Cannot read the body: it broke off",
    { cause },
  );
}

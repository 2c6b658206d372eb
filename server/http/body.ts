import { RealtimeError } from "../../core/protocol/errors.ts";
import { decodeUtf8 } from "../wire/json_text.ts";

/**
 * Reads a request's whole body. hono's `bodyLimit` would read it before the sender is authenticated, and doesn't cancel a stream that
 * it stops reading, which Deno then never frees.
 *
 * @param limit The largest body, in bytes.
 * @param tooLarge Makes the error for a larger body.
 * @throws {RealtimeError} That error, or `invalid_data` for a body that broke off.
 */
export async function readBytes(
  request: Request,
  limit: number,
  tooLarge: () => RealtimeError,
): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > limit) throw tooLarge();
  const isStream = announced === null && !request.bodyUsed;
  const bytes = isStream
    ? await readStream(request.body, limit)
    : new Uint8Array(await whole(request.arrayBuffer()));
  if (bytes === undefined || bytes.length > limit) throw tooLarge();
  return bytes;
}

/**
 * Reads a request's body as text.
 *
 * @throws {RealtimeError} As {@linkcode readBytes}, and `invalid_data` for a body that is not UTF-8.
 */
export async function readText(
  request: Request,
  limit: number,
  tooLarge: () => RealtimeError,
): Promise<string> {
  return decodeUtf8(await readBytes(request, limit, tooLarge));
}

/** Reads a stream; returns `undefined` for one that is longer than the limit. */
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

/** Returns the error for a body that broke off. */
export function brokeOff(cause?: unknown): RealtimeError {
  return new RealtimeError(
    "invalid_data",
    "Cannot read the body: it broke off",
    { cause },
  );
}

import { Buffer } from "node:buffer";
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
  const bytes = await readUpTo(request, limit, announced === null)
    .catch((cause) => {
      throw brokeOff(cause);
    });
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

/** Reads a body. In pieces, it stops at the limit and returns `undefined` for a longer body. */
async function readUpTo(
  request: Request,
  limit: number,
  inPieces: boolean,
): Promise<Uint8Array | undefined> {
  if (!inPieces || request.bodyUsed) {
    return new Uint8Array(await request.arrayBuffer());
  }
  const reader = request.body?.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return undefined;
    }
    pieces.push(value);
  }
  return Buffer.concat(pieces);
}

/** Returns the error for a body that broke off. */
export function brokeOff(cause?: unknown): RealtimeError {
  return new RealtimeError(
    "invalid_data",
    "Cannot read the body: it broke off",
    { cause },
  );
}

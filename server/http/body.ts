import { Buffer } from "node:buffer";
import type { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { decodeUtf8, parseJson } from "../wire/json_text.ts";

/**
 * Reads a request's whole body. hono's `bodyLimit` would read it before the sender is authenticated, and doesn't cancel a stream that
 * it stops reading, which Deno then never frees.
 *
 * @throws {RealtimeError} The error for a body over the limit of bytes, or `invalid_data` for one that broke off.
 */
export async function readBytes(
  request: Request,
  limit: number,
  tooLarge: () => RealtimeError,
): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  const length = Number(announced ?? NaN);
  if (length > limit) throw tooLarge();
  // A repeated header is no number. It says nothing about how much comes.
  const bytes = await readUpTo(request, limit, !(length <= limit))
    .catch((cause) => {
      throw brokeOff(cause);
    });
  if (bytes === undefined || bytes.length > limit) throw tooLarge();
  return bytes;
}

/**
 * Reads a request's body as text.
 *
 * @param subject The action that fails and what is too large, for the error.
 * @throws {RealtimeError} `too_large`, `invalid_data` for a body that broke off or is not UTF-8.
 */
export async function readText(
  request: Request,
  limit: number,
  subject: string,
): Promise<string> {
  const tooLarge = () => {
    const message = `${subject} is larger than ${limit / 1024} KiB`;
    return new RealtimeError("too_large", message);
  };
  return decodeUtf8(await readBytes(request, limit, tooLarge));
}

/**
 * Reads a request's body as JSON that has the form of a schema.
 *
 * @param action The action that fails, for the errors.
 * @param form The form that the body must have, for the errors.
 * @throws {RealtimeError} As {@linkcode readText}; `invalid_json`, and `invalid_argument` for another form.
 */
export async function readJson<T>(
  request: Request,
  limit: number,
  schema: z.ZodType<T>,
  action: string,
  form: string,
): Promise<T> {
  const text = await readText(request, limit, `${action}: the body`);
  const { success, data } = schema.safeParse(parseJson(text, "the body"));
  if (success) return data;
  const message = `${action}: the body must be ${form}`;
  throw new RealtimeError("invalid_argument", message);
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
  const message = "Cannot read the body: it broke off";
  return new RealtimeError("invalid_data", message, { cause });
}

import { Buffer } from "node:buffer";
import type { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { decodeUtf8, parseJson } from "../wire/json_text.ts";

/** Milliseconds that a whole body may take. On Deno it is the only limit; Node and Bun end the connection as well. */
const BODY_MS = 60_000;

/** Bytes of a body that is read in one piece, which is faster. Deno never frees what it has of such a body, so it must be little. */
const AT_ONCE_BYTES = 64 * 1024;

/**
 * Reads a request's whole body. hono's `bodyLimit` would read it before the sender is authenticated, and doesn't cancel a stream that
 * it stops reading, which Deno then never frees.
 *
 * @throws {RealtimeError} The error for a body over the limit of bytes, or `invalid_data` for one that broke off or took too long.
 */
export async function readBytes(
  request: Request,
  limit: number,
  tooLarge: () => RealtimeError,
  deadlineMs: number = BODY_MS,
): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  // A repeated header is no number. It says nothing about how much comes.
  const length = Number(announced ?? NaN);
  if (length > limit) throw tooLarge();
  const reading = length <= AT_ONCE_BYTES || request.bodyUsed
    ? readAtOnce(request, deadlineMs)
    : readUpTo(request, limit, deadlineMs);
  const bytes = await reading.catch((cause) => {
    throw cause instanceof RealtimeError ? cause : brokeOff(cause);
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

async function readAtOnce(
  request: Request,
  deadlineMs: number,
): Promise<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow(deadlineMs)), deadlineMs);
  });
  try {
    return new Uint8Array(await Promise.race([request.arrayBuffer(), late]));
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a body in pieces; stops at the limit and returns `undefined` for a longer one. */
async function readUpTo(
  request: Request,
  limit: number,
  deadlineMs: number,
): Promise<Uint8Array | undefined> {
  const reader = request.body?.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    // It ends the read that is pending.
    reader?.cancel().catch(() => undefined);
  }, deadlineMs);
  try {
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
  } finally {
    clearTimeout(timer);
  }
  if (isLate) throw tooSlow(deadlineMs);
  return Buffer.concat(pieces);
}

function tooSlow(deadlineMs: number): RealtimeError {
  const message = `Cannot read the body: it took longer than ${
    deadlineMs / 1000
  } s`;
  return new RealtimeError("invalid_data", message);
}

/** Returns the error for a body that broke off. */
export function brokeOff(cause?: unknown): RealtimeError {
  const message = "Cannot read the body: it broke off";
  return new RealtimeError("invalid_data", message, { cause });
}

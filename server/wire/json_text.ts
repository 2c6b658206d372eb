import { RealtimeError } from "../../core/protocol/errors.ts";

/** Maximum nesting of JSON. */
export const JSON_DEPTH = 64;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a body; throws `invalid_data` if it is not UTF-8. */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  // Only a text with a replacement character needs the strict decoder, which takes 0.2 µs more on Deno.
  const text = decoder.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  try {
    return strict.decode(bytes);
  } catch (cause) {
    const message = "Cannot read the body: it is not UTF-8";
    throw new RealtimeError("invalid_data", message, { cause });
  }
}

/** Returns how deep the brackets of a JSON text are nested. It only counts them, so it bears any depth. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 0x22) {
      i = closingQuote(text, i);
      if (i === -1) break;
    } else if (char === 0x5b || char === 0x7b) {
      if (++depth > deepest) deepest = depth;
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return deepest;
}

/** Returns the index of the quote that ends a string, or -1 if the string has no end. */
export function closingQuote(text: string, opening: number): number {
  for (let end = opening;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return -1;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return end;
  }
}

/**
 * Converts a body into a message's `data`: JSON on one line. A body that is not JSON becomes a JSON string. JSON is not encoded again, so
 * numbers keep their digits and keys such as `__proto__` do no harm. Throws `invalid_json` for JSON that is nested too deep.
 */
export function dataOfBody(body: string): string {
  if (/^\s*[[{]/.test(body)) {
    const error = depthError(body);
    if (error) throw error;
  }
  try {
    JSON.parse(body);
  } catch {
    // Inngest's SDKs send text as it is, whatever the content-type says.
    return JSON.stringify(body);
  }
  // Line breaks separate the messages of a batch. In JSON they can only stand between tokens.
  return body.replace(/[\n\r]+/g, " ").trim();
}

/** A parsed JSON text, or the error that says why it could not be parsed. */
export type ParsedJson =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: RealtimeError };

/** Parses a JSON text, which errors call by this name. Never throws. */
export function tryParseJson(text: string, name: string): ParsedJson {
  const error = depthError(text);
  if (error) return { error };
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    const message = `Cannot read ${name}: it is not JSON`;
    return { error: new RealtimeError("invalid_json", message, { cause }) };
  }
}

/** Parses a JSON text like {@linkcode tryParseJson}; throws `invalid_json` if it is not JSON or nested too deep. */
export function parseJson(text: string, name: string): unknown {
  const { value, error } = tryParseJson(text, name);
  if (error) throw error;
  return value;
}

function depthError(text: string): RealtimeError | undefined {
  // Most texts have too few brackets to be nested too deep, and searching for brackets takes a fifth of the time.
  if (!hasOver(JSON_DEPTH, text)) return undefined;
  const depth = jsonDepth(text);
  if (depth <= JSON_DEPTH) return undefined;
  const message =
    `Cannot read the JSON: it is nested ${depth} deep, the limit is ${JSON_DEPTH}`;
  return new RealtimeError("invalid_json", message);
}

/** Tells whether a text has more than a number of opening brackets, those in strings included. */
function hasOver(brackets: number, text: string): boolean {
  let left = brackets;
  for (const bracket of ["{", "["]) {
    let at = text.indexOf(bracket);
    for (; at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (--left < 0) return true;
    }
  }
  return false;
}

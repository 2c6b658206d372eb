import { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TopicClaim } from "../../core/protocol/token.ts";
import { parseJson } from "./json_text.ts";

/** A client's frame, as the gateway acts on it. */
export type ClientCommand =
  | {
    readonly kind: "sub";
    readonly ref?: string | undefined;
    readonly token: string;
    readonly since?: string | undefined;
  }
  | {
    readonly kind: "unsub";
    readonly ref?: string | undefined;
    readonly topics?: readonly TopicClaim[] | undefined;
  }
  | {
    readonly kind: "publish";
    readonly ref?: string | undefined;
    readonly channel: string;
    readonly topic: string;
    readonly data: unknown;
    readonly key?: string | undefined;
    readonly reply_topic?: string | undefined;
    readonly reply_to?: string | undefined;
  }
  | { readonly kind: "pong" };

const ref = z.string().min(1).max(64).optional();
const topics = z.array(z.object({ channel: z.string(), name: z.string() }));

const frames = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("sub"),
    ref,
    data: z.union([
      z.string().transform((token) => ({ token, since: undefined })),
      z.object({ token: z.string(), since: z.string().optional() }),
    ]),
  }).transform(({ kind, ref, data }) => ({ kind, ref, ...data })),
  z.object({ kind: z.literal("unsub"), ref, data: topics.optional() })
    .transform(({ kind, ref, data }) => ({ kind, ref, topics: data })),
  z.object({
    kind: z.literal("publish"),
    ref,
    channel: z.string(),
    topic: z.string(),
    data: z.unknown().refine((data) => data !== undefined, "is missing"),
    key: z.string().optional(),
    reply_topic: z.string().optional(),
    reply_to: z.string().optional(),
  }),
  z.object({ kind: z.literal("pong") }),
]);

/** What {@linkcode parseClientFrame} found: a frame, or why there is none. */
export interface Inbound {
  readonly frame?: ClientCommand;
  readonly error?: RealtimeError;
  /** The reference of a frame that is wrong otherwise, so that its sender learns which. */
  readonly ref?: string;
}

/** Reads a client's frame, `undefined` for a binary one; never throws. */
export function parseClientFrame(text: string | undefined): Inbound {
  if (text === undefined) {
    const message = "Cannot read the frame: it is binary, not text";
    return { error: new RealtimeError("invalid_argument", message) };
  }
  let value: unknown;
  try {
    value = parseJson(text, "the frame");
  } catch (error) {
    return error instanceof RealtimeError ? { error } : {};
  }
  const result = frames.safeParse(value);
  if (result.success) return { frame: result.data };
  const issue = result.error.issues[0];
  const where = issue?.path.join(".") || "frame";
  const error = new RealtimeError(
    "invalid_argument",
    `Cannot read the frame: ${where}: ${issue?.message ?? "is malformed"}`,
  );
  const { ref } = Object(value);
  return typeof ref === "string" ? { error, ref } : { error };
}

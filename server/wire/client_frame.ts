import { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { MAX_KEY_TTL } from "../../core/protocol/limits.ts";
import { tryParseJson } from "./json_text.ts";

const ref = z.string().min(1).max(64).optional();
const topics = z.array(z.object({ channel: z.string(), name: z.string() }));

const commands = z.discriminatedUnion("kind", [
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
    key_ttl: z.int().min(1).max(MAX_KEY_TTL).optional(),
    reply_topic: z.string().optional(),
    reply_to: z.string().optional(),
    // A malformed one is ignored, as in a header.
    trace: z.unknown().optional(),
  }),
  z.object({ kind: z.literal("pong") }),
]);

/** A client's frame, checked and in the form in which the gateway acts on it. */
export type ClientCommand = z.infer<typeof commands>;

/** A parsed frame: a command, or the error to answer with. */
export type ParsedFrame =
  | { readonly command: ClientCommand; readonly error?: undefined }
  | {
    readonly command?: undefined;
    readonly error: RealtimeError;
    readonly ref?: string;
  };

const withRef = z.object({ ref: z.string() });

/** Parses the text of a client's frame (`undefined` for a binary frame). Never throws. */
export function parseClientFrame(text: string | undefined): ParsedFrame {
  if (text === undefined) return malformed("it is binary, not text");
  const { value, error } = tryParseJson(text, "the frame");
  if (error) return { error };
  const result = commands.safeParse(value);
  if (result.success) return { command: result.data };
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") || "frame";
  const reason = `${field}: ${issue?.message ?? "is malformed"}`;
  return malformed(reason, withRef.safeParse(value).data);
}

function malformed(reason: string, fields?: { ref: string }): ParsedFrame {
  const message = `Cannot read the frame: ${reason}`;
  return { error: new RealtimeError("invalid_argument", message), ...fields };
}

/**
 * The forms of the values of flags and variables. An error is the end of a sentence that names the flag.
 *
 * @module
 */

import { z } from "zod";
import { type Duration, toMsWithin } from "../../core/protocol/duration.ts";
import { signingKeyProblem } from "../../core/protocol/signing_key.ts";
import { adminKeyProblem } from "../auth/admin_key.ts";
import { parseRedisUrl } from "../brokers/redis/url.ts";
import { parseSqliteUrl } from "../brokers/sqlite/url.ts";

/** The value of a flag that may be missing. */
type Value<T> = z.ZodType<T | undefined, string | undefined>;

/** A whole number within bounds. */
export function whole(name: string, min: number, max: number): Value<number> {
  const problem = `${name} must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,15}$/, problem).transform(Number)
    .refine((n) => n >= min && n <= max, problem).optional();
}

/** A duration, up to `longest`. */
export function duration(longest: Duration): Value<Duration> {
  return z.string().transform((text, context) => {
    // Flags and options accept the same texts.
    const duration = text as Duration;
    try {
      toMsWithin("it", duration, longest);
    } catch (error) {
      context.addIssue(Object(error).message);
    }
    return duration;
  }).optional();
}

/** A key, about which a function says why it can't be one. */
function key(problemOf: (key: string) => string | undefined): Value<string> {
  return z.string().superRefine((key, context) => {
    const problem = problemOf(key);
    if (problem !== undefined) context.addIssue(problem);
  }).optional();
}

/** A signing key. */
export const signingKey: Value<string> = key(signingKeyProblem);

/** A key of operators. */
export const adminKey: Value<string> = key(adminKeyProblem);

/** Tells whether a text could be a browser's `Origin`, which has neither a path nor a pattern. */
function isOrigin(text: string): boolean {
  return !text.includes("*") && URL.canParse(text) &&
    new URL(text).origin === text;
}

/** Origins, separated by commas, or `*`. */
export const origins: Value<"*" | string[]> = z.string()
  .transform((list, context) => {
    if (list.trim() === "*") return "*" as const;
    const origins = list.split(",").map((origin) => origin.trim());
    for (const origin of origins) {
      if (!isOrigin(origin)) {
        // The text before an @ may be a password.
        const name = JSON.stringify(origin.replace(/^.*@/s, "…@"));
        context.addIssue(
          `${name} is no origin; write https://app.example.com, separate several by commas, or write * for all`,
        );
      }
    }
    return origins;
  }).optional();

/** Where the logs are kept. The URL is checked early; the broker parses it again. */
export const broker: Value<string> = z.string().superRefine((text, context) => {
  const problem = brokerProblem(text);
  if (problem !== undefined) context.addIssue(problem);
}).optional();

function brokerProblem(text: string): string | undefined {
  if (text === "memory") return undefined;
  const target = parseBroker(text);
  return typeof target === "string" ? target : undefined;
}

function parseBroker(text: string): object | string {
  if (/^rediss?:/.test(text)) return parseRedisUrl(text);
  if (text.startsWith("sqlite:")) return parseSqliteUrl(text);
  return "it must be memory, a file such as sqlite:./tidings.db, or a Redis URL such as redis://localhost:6379";
}

/** A switch. */
export const flag: Value<boolean> = z
  .literal(["true", "1", "false", "0", ""], "it must be true or false")
  .transform((value) => value === "true" || value === "1").optional();

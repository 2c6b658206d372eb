import type { Context, Next } from "hono";
import { setCookie } from "hono/cookie";

/** How long a visitor is known, in seconds: a week. */
const WEEK = 7 * 86_400;

/** Stands in for your sign-in: gives a new visitor a random user id, in a cookie. */
export async function signIn(c: Context, next: Next): Promise<void> {
  if (!userOf(c.req.raw)) {
    const user = crypto.randomUUID();
    setCookie(c, "user", user, { httpOnly: true, maxAge: WEEK });
  }
  await next();
}

/** Returns the user id that a request has in its cookie. */
export function userOf(request: Request): string | undefined {
  return /\buser=([\w-]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
}

import type { Context, Next } from "hono";
import { setCookie } from "hono/cookie";

/** Stands in for your sign-in: gives a new visitor a random user id, in a cookie. */
export async function signIn(c: Context, next: Next): Promise<void> {
  if (!userOf(c.req.raw)) {
    setCookie(c, "user", crypto.randomUUID(), { httpOnly: true });
  }
  await next();
}

/** Returns the user id that a request has in its cookie. */
export function userOf(request: Request): string | undefined {
  return /\buser=([\w-]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
}

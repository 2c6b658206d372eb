import type { Context, Next } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** How long a visitor is known, in seconds: a week. */
const WEEK = 7 * 86_400;

/** The facts that the site knows of each request. */
export interface SignedIn {
  Variables: { user: string };
}

/** Stands in for your sign-in: gives a new visitor a random user id, in a cookie. */
export async function signIn(c: Context<SignedIn>, next: Next): Promise<void> {
  const known = getCookie(c, "user");
  const user = known ?? crypto.randomUUID();
  if (!known) setCookie(c, "user", user, { httpOnly: true, maxAge: WEEK });
  c.set("user", user);
  await next();
}

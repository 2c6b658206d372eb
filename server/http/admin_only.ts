import type { MiddlewareHandler } from "hono";
import type { AdminKey } from "../auth/admin_key.ts";

/** Creates the middleware that lets only operators pass: 404 where no admin key is set, 401 without it. */
export function adminOnly(adminKey: AdminKey): MiddlewareHandler {
  return async ({ req }, next) => {
    const { method, path } = req;
    adminKey.require(`${method} ${path}`, req.header("authorization"));
    await next();
  };
}

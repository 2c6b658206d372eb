import { Hono } from "@hono/hono";

/** The page of development mode. */
export function pageRoutes(): Hono {
  return new Hono().get(
    "/",
    (c) => c.html("<!doctype html><title>Tidings</title>"),
  );
}

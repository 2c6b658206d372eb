import { type Context, Hono } from "@hono/hono";
import { secureHeaders } from "@hono/hono/secure-headers";
import { PAGE_FILE, readPageFile } from "./files.ts";

/**
 * What the page may do: load its own files and talk to its own gateway. Trusted types make the browser refuse every
 * way to turn a string into markup, so a message can't become any.
 */
const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'", webSockets],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
  // Both are for sites: this one is http on loopback, and may share that name with others.
  strictTransportSecurity: false,
  xFrameOptions: "DENY",
});

/** Not every browser takes 'self' to mean WebSockets too. */
function webSockets({ req }: Context): string {
  return new URL(req.url).origin.replace("http", "ws");
}

/** The page of development mode: `/`, and the files it loads from `/page/`. */
export function pageRoutes(): Hono {
  return new Hono()
    .use("/", headers)
    .use("/page/*", headers)
    .get("/", (c) => answer(c, "index.html"))
    .get(
      `/page/:name{${PAGE_FILE.source}}`,
      (c) => answer(c, c.req.param("name")),
    );
}

async function answer(c: Context, name: string): Promise<Response> {
  const file = await readPageFile(name);
  if (file === undefined) return c.notFound();
  return c.body(file.text, 200, {
    "content-type": file.type,
    "cache-control": "no-cache",
  });
}

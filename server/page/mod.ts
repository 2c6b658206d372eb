import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { PAGE_FILE, readPageFile } from "./files.ts";

/**
 * Sets the page's headers: it may load its own files and connect to its own gateway. With trusted types the browser refuses to
 * turn any string into markup, so no message can become markup.
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
  // The page is served by http, from a loopback name that it may share with others.
  strictTransportSecurity: false,
  xFrameOptions: "DENY",
});

/** Returns the source for WebSockets: not every browser includes them in 'self'. */
function webSockets({ req }: Context): string {
  return new URL(req.url).origin.replace("http", "ws");
}

/** The page of development mode: `/`, and the files that it loads from `/page/`. */
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

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
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
  // In development the page is served by http, from a loopback name that it may share with others.
  strictTransportSecurity: false,
  xFrameOptions: "DENY",
});

/** Where the page is. */
export interface PageOptions {
  /** Whether the gateway is in development mode. */
  readonly dev: boolean;
  /** Whether the gateway has an admin key. */
  readonly hasAdminKey: boolean;
}

/**
 * Creates the routes of the page: `/` in development mode, `/admin` where there is an admin key, and the files that they load from
 * `/page/`. The files are no secret: what they show comes from routes that ask for the key.
 */
export function pageRoutes({ dev, hasAdminKey }: PageOptions): Hono {
  const routes = new Hono();
  const addresses = [...(dev ? ["/"] : []), ...(hasAdminKey ? ["/admin"] : [])];
  if (addresses.length === 0) return routes;
  for (const address of addresses) {
    routes.use(address, headers);
    routes.get(address, (c) => answer(c, "index.html"));
  }
  return routes
    .use("/page/*", headers)
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

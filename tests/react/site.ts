import { buildSync } from "esbuild";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromiumPath } from "../support/requirements.ts";
import { tokenRoute, type TokenRouteOptions } from "../../middleware.ts";

/** An app's site: a page with the hooks, and tokens for every request. */
export interface Site extends AsyncDisposable {
  readonly url: string;
  /** The number of requests for a token. */
  readonly tokenRequests: number;
  /** Responds to the next requests for tokens, instead of the route. */
  refuse(status: number | undefined): void;
  /** Sets the options of the next tokens. */
  grant(options: GrantOptions): void;
  /** The page's HTML inside its root, as rendered by a server. */
  html: string;
}

/** The options of tokens besides the requested channel and topics. */
export interface GrantOptions {
  readonly expiresIn?: number;
  readonly sessionExpiresIn?: number;
  readonly publish?: true;
  readonly stop?: true;
  /** The channel, instead of the requested one. */
  readonly channel?: string;
}

/** Bundles the page as an app's bundler does in development, in which React checks more. */
function bundlePage(): string {
  return buildSync({
    entryPoints: [fileURLToPath(new URL("./page.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "error",
  }).outputFiles[0]?.text ?? "";
}

// At module level, because Deno reports what esbuild leaves open inside a test as a leak.
const script = chromiumPath() === undefined ? "" : bundlePage();

/** Starts a site on a free port, with tokens for the gateway. */
export async function startSite(
  options: Omit<TokenRouteOptions, "authorize">,
): Promise<Site> {
  let tokenRequests = 0;
  let refusal: number | undefined;
  let grant: GrantOptions = {};
  const route = tokenRoute({
    ...options,
    authorize: (_, { channel = "", topics }) =>
      refusal === undefined
        ? { channel, topics, ...grant }
        : new Response("Sign in first", { status: refusal }),
  });
  async function answer(
    request: IncomingMessage,
    base: string,
  ): Promise<Response> {
    const { pathname } = new URL(request.url ?? "/", base);
    if (pathname === "/page.js") {
      return new Response(script, {
        headers: { "content-type": "text/javascript" },
      });
    }
    if (pathname === "/token") {
      tokenRequests++;
      return await route(new Request(new URL(request.url ?? "/", base)));
    }
    return new Response(
      `<!doctype html><title>Hooks</title><link rel="icon" href="data:,">` +
        `<div id="root">${site.html}</div>` +
        `<script type="module" src="/page.js"></script>`,
      { headers: { "content-type": "text/html" } },
    );
  }

  const server = createServer((request, response) => {
    answer(request, site.url).then(async (answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(new Uint8Array(await answer.arrayBuffer()));
    }, (error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;

  const site = {
    url: `http://127.0.0.1:${port}/`,
    html: "",
    get tokenRequests() {
      return tokenRequests;
    },
    refuse(status: number | undefined) {
      refusal = status;
    },
    grant(options: GrantOptions) {
      grant = options;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return site;
}

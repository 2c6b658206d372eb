import { build } from "esbuild";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { tokenRoute } from "../../middleware.ts";
import type { Task } from "./page_contract.ts";

/** An app's site with one page, and tokens for its topic. */
export interface Site extends AsyncDisposable {
  readonly url: string;
}

/** Options of {@linkcode startSite}. */
export interface SiteOptions {
  readonly gatewayUrl: string;
  readonly signingKey: string;
  /** The page's program, in this folder. */
  readonly program: string;
  readonly task: Omit<Task, "tokenPath">;
}

const TOKEN_PATH = "/token";

/** Bundles a page's program as apps do for production. */
async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format: "esm",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** Starts a site on a free port. */
export async function startSite(
  { gatewayUrl, signingKey, program, task }: SiteOptions,
): Promise<Site> {
  const { channel, topic } = task;
  const script = await bundle(program);
  const route = tokenRoute({
    url: gatewayUrl,
    signingKey,
    authorize: () => ({ channel, topics: [topic] }),
  });
  const json = JSON.stringify({ ...task, tokenPath: TOKEN_PATH });
  const html = `<!doctype html><meta charset="utf-8"><title>Replay</title>` +
    `<link rel="icon" href="data:,"><div id="root"></div>` +
    `<script type="application/json" id="task">${json}</script>` +
    `<script type="module">${script.replaceAll("</script", "<\\/script")}` +
    `</script>`;

  async function answer(path: string, base: string): Promise<Response> {
    if (path.startsWith(TOKEN_PATH)) {
      return await route(new Request(new URL(path, base)));
    }
    return new Response(html, { headers: { "content-type": "text/html" } });
  }

  const server = createServer((request, response) => {
    answer(request.url ?? "/", url).then(async (answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(new Uint8Array(await answer.arrayBuffer()));
    }, (error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

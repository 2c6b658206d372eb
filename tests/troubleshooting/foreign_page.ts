import { buildSync } from "esbuild";
import { createServer } from "node:http";
import type { Realtime } from "../../core/types/realtime.ts";
import { launchChromium } from "../support/browser/browser.ts";
import { listen } from "../support/gateway/local_server.ts";
import { chromiumPath } from "../support/requirements.ts";
import { ROOT } from "../support/root.ts";
import { Listener } from "./witness.ts";

/** A page that subscribes, in Chromium. */
export interface ForeignPage extends AsyncDisposable {
  /** The lines on its console. */
  readonly console: Listener;
}

/** Bundles a script that subscribes with the token of the page, and reports nothing itself. */
function bundleScript(): string {
  const contents = `
    import { subscribe } from "./mod.ts";
    subscribe(JSON.parse(document.querySelector("pre").textContent));
  `;
  return buildSync({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    logLevel: "error",
  }).outputFiles[0]?.text ?? "";
}

// At module level, because Deno reports what esbuild leaves open inside a test as a leak.
const script = chromiumPath() === undefined ? "" : bundleScript();

/** Opens a page of an origin of its own that subscribes with a token. */
export async function openForeignPage(
  token: Realtime.Subscribe.Token,
): Promise<ForeignPage> {
  const server = await listen(createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    const json = JSON.stringify(token);
    response.end(`<pre>${json}</pre><script type="module">${script}</script>`);
  }));
  const browser = await launchChromium(chromiumPath() ?? "");
  const page = await browser.newPage();
  const listener = new Listener();
  page.on("console", (message) => listener.add(message.text()));
  await page.goto(server.url);
  return {
    console: listener,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

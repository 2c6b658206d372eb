import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { getSubscriptionToken } from "@inngest/realtime";
import { buildSync } from "esbuild";
import { Inngest } from "inngest";
import { getClientSubscriptionToken } from "inngest/react";
import { channel as channelV4, staticSchema } from "inngest/realtime";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { z } from "zod";
import { startGateway } from "../support/gateway/gateway.ts";
import { chromiumPath } from "../support/requirements.ts";
import { ownAsyncContext, RUN_ID, uniqueName, withEnvironment } from "./sdk.ts";

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

/** Bundles the page as an app's bundler would, with the variable of Next.js for the base URL. */
function bundlePage(baseUrl: string): string {
  // The process of build() ends some time after the tests, which Deno reports as a leak.
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL("./hooks_page.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    define: {
      "process.env": JSON.stringify({ NEXT_PUBLIC_INNGEST_BASE_URL: baseUrl }),
      "process.env.NODE_ENV": '"production"',
    },
    logLevel: "error",
  });
  return result.outputFiles[0]?.text ?? "";
}

// Inngest's `publish` leaves the response body unread, which Deno reports as a leak.
describe(
  "React hooks of Inngest, and ours with its channels, in Chromium",
  { sanitizeResources: false },
  () => {
    let gateway: Awaited<ReturnType<typeof startGateway>>;
    let app: Inngest;
    let site: Server;
    let browser: Browser;
    let page: Page;
    let restore: () => void;
    const channel = uniqueName("user");
    const problems: string[] = [];

    beforeAll(async () => {
      if (executablePath === undefined) return;
      restore = ownAsyncContext();
      gateway = await startGateway();
      app = await withEnvironment({}, () =>
        new Inngest({
          id: "app",
          baseUrl: gateway.url,
          signingKey: gateway.signingKey,
        }));
      const script = bundlePage(gateway.url);
      site = createServer((request, response) => {
        serve(request.url ?? "", script).then(
          ({ type, body }) =>
            response.setHeader("content-type", type).end(body),
          (error) => response.writeHead(500).end(String(error)),
        );
      });
      await new Promise<void>((resolve) =>
        site.listen(0, "127.0.0.1", () => resolve())
      );
      browser = await chromium.launch({
        executablePath,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      });
      page = await browser.newPage();
      page.on("pageerror", (error) => problems.push(error.message));
      // The page has another origin than the gateway, as an app's page has.
      const { port } = site.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/`);
    });

    afterAll(async () => {
      if (executablePath === undefined) return;
      await browser.close();
      site.closeAllConnections();
      await new Promise<void>((resolve) => site.close(() => resolve()));
      await gateway.close();
      restore();
    });

    /** Serves an app's site: the page, its script, and tokens for the hooks. */
    async function serve(url: string, script: string) {
      if (url === "/page.js") return { type: "text/javascript", body: script };
      if (url === "/token/subscription") {
        const token = await getSubscriptionToken(app, {
          channel,
          topics: ["ai"],
        });
        return { type: "application/json", body: JSON.stringify(token) };
      }
      if (url === "/token/realtime") {
        const topics = ["ai", "$run"];
        const token = await getClientSubscriptionToken(app, {
          channel,
          topics,
        });
        return { type: "application/json", body: JSON.stringify(token) };
      }
      if (url === "/token/counted") {
        const target = { channel, topics: ["counted"] };
        const token = await getClientSubscriptionToken(app, target);
        return { type: "application/json", body: JSON.stringify(token) };
      }
      if (url === "/token/channel") {
        const topics = { counted: { schema: z.object({ count: z.string() }) } };
        const token = await app.realtime.token({
          channel: channelV4({ name: channel, topics }),
          topics: ["counted"],
        });
        return { type: "application/json", body: JSON.stringify(token) };
      }
      const body = `<!doctype html><link rel="icon" href="data:,">` +
        `<div id="root" data-channel="${channel}"></div>` +
        `<script type="module" src="/page.js"></script>`;
      return { type: "text/html", body };
    }

    /** Waits until a hook is in a state with this many messages, and returns the hook's result. */
    async function read(hook: string, status: string, count: number) {
      const selector =
        `#${hook}[data-status="${status}"][data-count="${count}"]`;
      await page.waitForSelector(selector, { state: "attached" });
      return JSON.parse(await page.textContent(`#${hook}`) ?? "");
    }

    itInChromium(
      "useInngestSubscription() and useRealtime() connect and show what is published",
      async () => {
        assertEquals(await read("subscription", "active", 0), {
          data: [],
          latestData: null,
        });
        await read("realtime", "open", 0);

        for (const response of ["one", "two", "three"]) {
          await app.realtime.publish(
            { channel, topic: "ai", config: { schema: staticSchema() } },
            { response },
          );
        }
        const subscription = await read("subscription", "active", 3);
        const expected = [
          { response: "one" },
          { response: "two" },
          { response: "three" },
        ];
        assertEquals(
          subscription.data.map((message: { data: unknown }) => message.data),
          expected,
        );
        assertEquals(subscription.latestData.data, { response: "three" });
        assertEquals(subscription.latestData.channel, channel);

        const realtime = await read("realtime", "open", 3);
        assertEquals(
          realtime.all.map((message: { data: unknown }) => message.data),
          expected,
        );
        assertEquals(realtime.last.data, { response: "three" });
        assertEquals(realtime.byTopic.ai.data, { response: "three" });
        assertEquals(realtime.runStatus, "running");
        assertEquals(problems, []);
      },
    );

    itInChromium(
      "useRealtime() of both packages validates by the schemas of the other's channels",
      async () => {
        await read("ours-in-theirs", "open", 0);
        await read("theirs-in-ours", "open", 0);
        await read("their-token", "active", 0);
        for (const count of [7, "42"]) {
          await app.realtime.publish(
            { channel, topic: "counted", config: { schema: staticSchema() } },
            { count },
          );
        }
        for (const hook of ["ours-in-theirs", "theirs-in-ours"]) {
          const [message] = await read(hook, "open", 1);
          assertEquals(message.data, { count: 42 });
        }
        // JSON keeps no schemas.
        const messages = await read("their-token", "active", 2);
        assertEquals(
          messages.map((message: { data: unknown }) => message.data),
          [{ count: 7 }, { count: "42" }],
        );
        assertEquals(problems, []);
      },
    );

    itInChromium(
      "useRealtime() ends with its run, and has the result",
      async () => {
        const response = await fetch(
          `${gateway.url}/v1/realtime/publish/batch`,
          {
            method: "POST",
            headers: { authorization: `Bearer ${gateway.signingKey}` },
            body: JSON.stringify({
              channel,
              topic: "$run",
              kind: "run",
              run_id: RUN_ID,
              data: { status: "completed", result: { answer: 42 } },
            }),
          },
        );
        assertEquals(response.status, 200, await response.text());
        const realtime = await read("realtime", "closed", 3);
        assertEquals(realtime.runStatus, "completed");
        assertEquals(realtime.result, { answer: 42 });
        assertEquals(problems, []);
      },
    );
  },
);

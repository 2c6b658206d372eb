import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Hono } from "hono";
import { serve } from "../../../server/mod.ts";
import { ask, openFeed } from "../../support/admin/admin.ts";
import { launchChromium } from "../../support/browser/browser.ts";
import {
  type Differential,
  startDifferential,
} from "../../support/gateway/differential.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { type CollectedLog, collectLog, eventsIn } from "../../support/log.ts";
import { chromiumPath } from "../../support/requirements.ts";
import { type RawAnswer, RawSocket } from "../../support/wire/raw_socket.ts";

const FEED = "GET /v1/admin/messages";
const PUBLISH = "POST /v1/realtime/publish?channel=c&topic=t";

/** What Chromium sends for what a page of another site loads: its mode and its destination. */
const LOADED: Readonly<Record<string, [mode: string, dest: string]>> = {
  "an image": ["no-cors", "image"],
  "a script": ["no-cors", "script"],
  "a stylesheet": ["no-cors", "style"],
  "a fetch without CORS": ["no-cors", "empty"],
  "a frame": ["navigate", "iframe"],
  "an object": ["navigate", "object"],
};

async function send(
  url: string,
  start: string,
  headers: Readonly<Record<string, string>>,
): Promise<RawAnswer> {
  await using socket = await RawSocket.open(url);
  const { host } = new URL(url);
  const lines = Object.entries({ host, "content-length": "0", ...headers })
    .map(([name, value]) => `${name}: ${value}`);
  await socket.write([`${start} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
  return await socket.takeAnswer();
}

function headersOf(
  [mode, dest]: [mode: string, dest: string],
  site = "cross-site",
): Record<string, string> {
  return {
    "sec-fetch-site": site,
    "sec-fetch-mode": mode,
    "sec-fetch-dest": dest,
  };
}

describe("a page of another site, at a gateway in development mode,", () => {
  let log: CollectedLog;
  let two: Differential;
  let ways: string[];
  beforeAll(async () => {
    log = await collectLog("info");
    two = await startDifferential({ dev: true });
    ways = Object.values(two.ways);
  });
  afterAll(async () => {
    await two[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
  });

  async function statuses(
    start: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number[]> {
    const answers = await Promise.all(
      ways.map((url) => send(url, start, headers)),
    );
    return answers.map(({ status }) => status);
  }

  for (const [what, loaded] of Object.entries(LOADED)) {
    it(`can't load anything as ${what}`, async () => {
      for (const start of [FEED, PUBLISH, "GET /", "GET /health"]) {
        const headers = headersOf(loaded);
        assertEquals(await statuses(start, headers), [403, 403], start);
      }
    });
  }

  it("can't load anything ahead, which browsers send as if the user had typed its address", async () => {
    const headers = {
      ...headersOf(["navigate", "document"], "none"),
      "sec-purpose": "prefetch;prerender",
    };
    assertEquals(await statuses(FEED, headers), [403, 403]);
  });

  it("can't send a form", async () => {
    const headers = headersOf(["navigate", "document"]);
    assertEquals(await statuses(PUBLISH, headers), [403, 403]);
    const origin = "https://evil.example";
    assertEquals(await statuses(PUBLISH, { ...headers, origin }), [403, 403]);
  });

  it("is told why, and so is the developer", async () => {
    const headers = headersOf(["no-cors", "image"]);
    const { body } = await send(two.gateway.url, FEED, headers);
    const { code, message } = JSON.parse(body).error;
    assertEquals(code, "forbidden");
    assertMatch(message, /page of another site.*open the address itself/);
    assertEquals(eventsIn(log, "refused").at(-1)?.reason, message);
  });

  it("can link to it, and one of this machine can fetch from it", async () => {
    const link = headersOf(["navigate", "document"]);
    assertEquals(await statuses("GET /", link), [200, 200]);
    // A page of 127.0.0.1 is of another site than one of localhost.
    for (const origin of ["http://127.0.0.1:3000", "http://app.localhost"]) {
      const headers = { ...headersOf(["cors", "empty"]), origin };
      assertEquals(await statuses(PUBLISH, headers), [200, 200]);
    }
    for (const site of ["same-site", "same-origin", "none"]) {
      const headers = headersOf(["no-cors", "image"], site);
      assertEquals(await statuses("GET /health", headers), [200, 200]);
    }
  });
});

describe("a gateway with a signing key", () => {
  it("answers pages of other sites, as cookies and addresses open nothing there", async () => {
    await using gateway = await startGateway();
    const headers = headersOf(["no-cors", "image"]);
    const { status } = await send(gateway.url, "GET /health", headers);
    assertEquals(status, 200);
  });
});

const executablePath = chromiumPath();
const itInChromium = executablePath === undefined ? it.skip : it;

/** The frames that a page loads: a browser opens six connections to a host, and each name of this machine is one. */
const FRAMES = 6;
/** The feeds that are free, of 32. */
const FREE = 6;

/** Loads frames; resolves once all are loaded, or where one of them doesn't end. Chromium itself ends an image whose type is no image. */
const LOAD_FRAMES = `(url) => Promise.race([
  Promise.all(Array.from({ length: ${FRAMES} }, () => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
    return new Promise((resolve) => frame.addEventListener("load", resolve));
  })),
  new Promise((resolve) => setTimeout(resolve, 5_000)),
])`;

itInChromium(
  "A page of another site can't take a gateway's feeds with frames, and reads with CORS",
  async () => {
    await using _log = await collectLog("info");
    await using gateway = await startGateway({ dev: true });
    const { port } = new URL(gateway.url);
    const app = new Hono().get("/", (c) => c.html("<p>a page</p>"));
    await using pages = await serve(app, { port: 0 });
    const browser = await launchChromium(executablePath ?? "");
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${new URL(pages.url).port}/`);
      const feeds = await Promise.all(
        Array.from({ length: 32 - FREE }, () => openFeed(gateway, "messages")),
      );
      const evil = `http://evil.localhost:${port}/v1/admin/messages`;
      await page.evaluate(`(${LOAD_FRAMES})("${evil}")`);
      const feed = await ask(gateway, "messages", { key: "" });
      await feed.body?.cancel();
      for (const one of feeds) await one[Symbol.asyncDispose]();
      assertEquals(feed.status, 200);
      const health = `fetch("http://localhost:${port}/health")`;
      assertEquals(
        await page.evaluate(`${health}.then(({ status }) => status)`),
        200,
      );
      // A link leads to the page.
      await page.evaluate(`location.href = "http://localhost:${port}/"`);
      await page.waitForSelector("#status");
    } finally {
      await browser.close();
    }
  },
);

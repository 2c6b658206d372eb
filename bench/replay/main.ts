/**
 * Measures how long a page needs to show a long stream from its start, in Chromium: with `useStream`, and with `useChat` of the AI SDK.
 *
 * ```sh
 * deno task replay-bench
 * deno task replay-bench --chunks 5000 --runs 3 --runtime node
 * ```
 *
 * Exits with 1 when a page takes longer than its target.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { prepare } from "../../tests/run/setup.ts";
import { launchChromium } from "../../tests/support/browser/browser.ts";
import { pick } from "../../tests/support/choices.ts";
import { startListening } from "../../tests/support/process/child.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
  RUNTIMES,
  TITLES,
} from "../../tests/support/process/programs.ts";
import { chromiumPath } from "../../tests/support/requirements.ts";
import { batch } from "../../tests/support/wire/publish.ts";
import { median } from "../support.ts";
import type { Shown } from "./page_contract.ts";
import { type Line, PAGES, type ReplayPage } from "./pages.ts";
import { startSite } from "./site.ts";

/** The time within which 20,000 chunks are to be shown. */
const TARGET_MS = 300;

const SIGNING_KEY = `signkey-bench-${"0123456789abcdef".repeat(4)}`;

/** The figures of one run of a page. */
interface Run extends Shown {
  /** Frames of the WebSocket, and the messages in them. */
  readonly frames: number;
  readonly messages: number;
  readonly bytes: number;
}

const { values } = parseArgs({
  options: {
    chunks: { type: "string", default: "20000" },
    runs: { type: "string", default: "9" },
    runtime: { type: "string", default: "all" },
  },
});
const count = Number(values.chunks);
const runs = Number(values.runs);
const runtimes = pick("runtime", values.runtime, RUNTIMES);

const executablePath = chromiumPath();
if (executablePath === undefined) throw new Error("Chromium is missing");
const programs = await prepare();
const browser = await launchChromium(executablePath);
const [load = 0] = loadavg();
console.log(
  `${count} chunks, ${runs} runs, medians; load ${load.toFixed(1)} before`,
);
const rows: Record<string, Record<string, number>> = {};
for (const page of PAGES) {
  for (const runtime of runtimes) {
    const title = `${page.title}, gateway on ${TITLES[runtime]}`;
    rows[title] = await measure(browser, programs, runtime, page);
  }
}
await browser.close();
console.table(rows);
const slow = Object.values(rows).some(({ shownMs = 0 }) => shownMs > TARGET_MS);
console.log(`Target: ${TARGET_MS} ms: ${slow ? "missed" : "met"}`);
process.exit(slow ? 1 : 0);

/** Measures a page with a gateway of its own. */
async function measure(
  browser: Browser,
  programs: Programs,
  runtime: RuntimeName,
  page: ReplayPage,
): Promise<Record<string, number>> {
  const { child, url } = await startListening(
    [
      ...commandFor(programs, runtime, "server/main.ts"),
      ...["--port", "0", "--log-level", "error"],
      ...["--history-size", `${count + 2}`, "--history-bytes", "1000000000"],
    ],
    () => {},
    () => {},
    { REALTIME_SIGNING_KEY: SIGNING_KEY },
  );
  try {
    const channel = "chat:replay";
    const { topic } = page;
    const chunks = page.chunks(count);
    await batch(
      { url, signingKey: SIGNING_KEY },
      linesOf(channel, page, chunks),
    );
    await using site = await startSite({
      gatewayUrl: url,
      signingKey: SIGNING_KEY,
      program: page.program,
      task: { channel, topic, characters: page.characters(chunks) },
    });
    // The first one compiles what the next ones find compiled.
    await runOnce(browser, site.url);
    const all: Run[] = [];
    while (all.length < runs) all.push(await runOnce(browser, site.url));
    const times = all.map(({ ms }) => ms);
    return {
      shownMs: Math.round(median(times)),
      leastMs: Math.round(Math.min(...times)),
      mostMs: Math.round(Math.max(...times)),
      renders: median(all.map(({ renders }) => renders)),
      frames: median(all.map(({ frames }) => frames)),
      messages: median(all.map(({ messages }) => messages)),
      KiB: Math.round(median(all.map(({ bytes }) => bytes)) / 1024),
    };
  } finally {
    await child.stop();
  }
}

/** Opens the page once, and waits until it shows the whole text. */
async function runOnce(browser: Browser, url: string): Promise<Run> {
  const page = await browser.newPage();
  let frames = 0;
  let messages = 0;
  let bytes = 0;
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      const text = String(payload);
      frames++;
      messages += text.split("\n").length;
      bytes += Buffer.byteLength(text);
    }));
  await page.goto(url);
  const shown = await page.waitForFunction("globalThis.shown");
  const run = { ...await shown.jsonValue() as Shown, frames, messages, bytes };
  await page.close();
  return run;
}

/** Returns the lines of a page's stream. */
function linesOf(
  channel: string,
  { topic, hasEnded }: ReplayPage,
  chunks: readonly string[],
): Line[] {
  const line = { channel, topic, stream_id: "s" };
  const end = { ...line, kind: "datastream-end", data: "s" };
  return [
    { ...line, kind: "datastream-start", data: "s" },
    ...chunks.map((data) => ({ ...line, kind: "chunk", data })),
    ...hasEnded ? [end] : [],
  ];
}

/**
 * Measures the page of operators in Chromium, with a gateway that really has 10,000 connections and 10,000 channels, all of them busy.
 *
 * ```sh
 * deno task inspector-bench
 * deno task inspector-bench --connections 1000
 * ```
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import type { CDPSession, Page } from "playwright-core";
import { launchChromium } from "../tests/support/browser/browser.ts";
import { Cli } from "../tests/support/gateway/cli.ts";
import { chromiumPath } from "../tests/support/requirements.ts";
import { Subscribers } from "./load/subscribers.ts";

const ADMIN_KEY = "inspector-bench-admin-key-0123456789";
const SIGNING_KEY = `signkey-bench-${"0123456789abcdef".repeat(4)}`;
/** Connections that are opened together. */
const GROUP = 1_000;
/** Messages that are published per second, each to another channel. */
const PUBLISHED = 200;

/** The milliseconds that a room takes, as its user sees them. */
interface RoomTimes {
  /** From the click on its tab until rows show. */
  readonly openMs: number;
  /** From a jump to the end of the list until the last row shows. */
  readonly endMs: number;
  /** From a search for the last row until only it shows. */
  readonly searchMs: number;
  /** Between two frames while the list scrolls: the median, and the longest. */
  readonly frameMs: number;
  readonly longestFrameMs: number;
  /** Rows in the document, at most. */
  readonly rows: number;
  /** JavaScript's heap with all rows loaded, after garbage collection. */
  readonly heapMB: number;
}

/** Scrolls through the whole list in 200 frames. */
const SCROLL = `new Promise((resolve) => {
  const place = document.querySelector("#ROOM-scroll");
  const frames = [];
  let rows = 0;
  let before;
  place.scrollTop = 0;
  function step(now) {
    if (before !== undefined) frames.push(now - before);
    before = now;
    rows = Math.max(rows, place.querySelectorAll("tbody .open").length);
    place.scrollTop += place.scrollHeight / 200;
    if (frames.length < 200) requestAnimationFrame(step);
    else resolve({ frames, rows });
  }
  requestAnimationFrame(step);
})`;

const { values } = parseArgs({
  options: { connections: { type: "string", default: "10000" } },
});
const count = Number(values.connections);

const executablePath = chromiumPath();
if (executablePath === undefined) throw new Error("Chromium is missing");
await using gateway = new Cli(
  ["--port", "0", "--log-level", "error"],
  { REALTIME_SIGNING_KEY: SIGNING_KEY, REALTIME_ADMIN_KEY: ADMIN_KEY },
);
const url = await gateway.url();
const groups: Subscribers[] = [];
// The first connections must answer pings while the last ones are being opened.
const heartbeat = setInterval(() => {
  for (const group of groups) group.beat();
}, 5_000);
for (let opened = 0; opened < count; opened += GROUP) {
  const size = Math.min(GROUP, count - opened);
  groups.push(
    await Subscribers.open({
      port: Number(new URL(url).port),
      dialect: "tidings.v1",
      channel: `bench-${groups.length}`,
      count: size,
      channels: size,
      signingKey: SIGNING_KEY,
    }),
  );
}
const channels = groups.flatMap(({ channels }) => channels);
let turn = 0;
const publishing = setInterval(() => {
  const lines = Array.from({ length: PUBLISHED }, () => {
    const channel = channels[turn++ % count];
    return JSON.stringify({ channel, topic: "t", data: { turn } });
  });
  fetch(`${url}/v1/realtime/publish/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${SIGNING_KEY}` },
    body: lines.join("\n"),
  }).then((response) => response.text()).catch(console.error);
}, 1_000);

const browser = await launchChromium(executablePath);
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const session = await page.context().newCDPSession(page);
await page.goto(`${url}/admin#room=check`);
await page.fill("#key", ADMIN_KEY);
await page.click("#key-form button");
await page.waitForSelector("#check-room:not([hidden])");
const empty = await heapMB(session);
const last = channels.at(-1) ?? "";
console.log(`${count} connections, ${count} channels, ${PUBLISHED} messages/s`);
console.log(`Heap before the first list: ${empty} MB`);
console.table({
  Channels: await measure(page, session, "channels", "channels-search", last),
  Connections: await measure(
    page,
    session,
    "connections",
    "connections-channel",
    last,
  ),
});
const lost = groups.find(({ lost }) => lost)?.lost;
if (lost) console.error("Connections were lost:", lost);

await browser.close();
clearInterval(heartbeat);
clearInterval(publishing);
for (const group of groups) group.close();
process.exitCode = lost ? 1 : 0;

/** Measures one room. */
async function measure(
  page: Page,
  session: CDPSession,
  room: string,
  search: string,
  wanted: string,
): Promise<RoomTimes> {
  const openMs = await timed(
    page,
    `document.querySelector("#${room}-room-tab").click()`,
    `document.querySelectorAll("#${room}-scroll tbody .open").length > 10`,
  );
  const scroll = `document.querySelector("#${room}-scroll")`;
  const endMs = await timed(
    page,
    `${scroll}.scrollTop = 1e9`,
    `(${scroll}.scrollTop = 1e9, document.querySelectorAll(
      "#${room}-scroll tbody:last-child:is([hidden])").length === 1 &&
      document.querySelectorAll("#${room}-scroll tbody .open").length > 10)`,
  );
  const { frames, rows } = await page.evaluate<
    { frames: number[]; rows: number }
  >(SCROLL.replaceAll("ROOM", room));
  const heap = await heapMB(session);
  const searchMs = await timed(
    page,
    `{ const input = document.querySelector("#${search}");
      input.value = ${JSON.stringify(wanted)};
      input.dispatchEvent(new Event("input")); }`,
    `/^1 /.test(document.querySelector("#${room}-count").textContent)`,
  );
  frames.sort((a, b) => a - b);
  return {
    openMs: Math.round(openMs),
    endMs: Math.round(endMs),
    searchMs: Math.round(searchMs),
    frameMs: round(frames[Math.floor(frames.length / 2)] ?? 0),
    longestFrameMs: round(frames.at(-1) ?? 0),
    rows,
    heapMB: heap,
  };
}

/** Returns the milliseconds from an action in the page until a condition holds at the end of a frame. */
function timed(page: Page, action: string, holds: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const start = performance.now();
    ${action};
    function look() {
      if (${holds}) resolve(performance.now() - start);
      else requestAnimationFrame(look);
    }
    requestAnimationFrame(look);
  })`);
}

async function heapMB(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return round(usedSize / 1e6);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * A client that receives messages in one of several ways and counts them. It prints `ready`, and for each line of its input a line of
 * JSON: how many messages arrived, how many were missing, repeated or out of order, and its CPU time.
 *
 * ```sh
 * node bench/clients/main.ts "for await" <token as JSON>
 * ```
 *
 * @module
 */

import process from "node:process";
import { readLines } from "../../tests/support/process/lines.ts";
import type { ClientToken, ClientWay, Counted, Usage } from "./ways.ts";

const counted: Counted = { messages: 0, faults: 0 };
let next = -1;

/** Counts a message; the mark in its data has its number. */
function take(data: unknown): void {
  const number = Number(String(data).slice(4, 12));
  if (next >= 0 && number !== next) counted.faults++;
  next = number + 1;
  counted.messages++;
}

async function forAwait(token: ClientToken): Promise<void> {
  const { subscribe } = await import("../../mod.ts");
  const stream = await subscribe(token);
  console.log("ready");
  for await (const { data } of stream) take(data);
}

async function inngest({ apiBaseUrl, ...token }: ClientToken): Promise<void> {
  const { Inngest } = await import("inngest-v3");
  const { subscribe } = await import("@inngest/realtime");
  const app = new Inngest({ id: "bench", baseUrl: apiBaseUrl, isDev: true });
  const stream = await subscribe({ ...token, app });
  console.log("ready");
  for await (const { data } of stream) take(data);
}

function webSocket({ apiBaseUrl, key }: ClientToken): void {
  const url = `${apiBaseUrl.replace("http", "ws")}/v1/realtime/connect`;
  const socket = new WebSocket(`${url}?token=${key}`);
  socket.addEventListener("open", () => console.log("ready"));
  socket.addEventListener("message", ({ data }) => take(JSON.parse(data).data));
}

const WAYS: Readonly<
  Record<ClientWay, (token: ClientToken) => Promise<void> | void>
> = {
  "for await": forAwait,
  "@inngest/realtime": inngest,
  "WebSocket": webSocket,
};

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { ...counted, cpuMs: (user + system) / 1000 };
}

readLines(process.stdin, () => console.log(JSON.stringify(usage())));
process.stdin.on("close", () => process.exit(1));

const [way = "", token = "{}"] = process.argv.slice(2);
await WAYS[way as ClientWay](JSON.parse(token));

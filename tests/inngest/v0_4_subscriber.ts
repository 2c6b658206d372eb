/**
 * A program that subscribes with `@inngest/realtime` and a token; the base URL comes from its environment. It prints `"open"`, and then the
 * requested number of messages, one JSON value per line.
 *
 * @module
 */

import process from "node:process";
import { subscribe } from "@inngest/realtime";
import { take } from "./sdk.ts";

const [token, count] = process.argv.slice(2);
if (token === undefined || count === undefined) {
  throw new TypeError("Usage: v0_4_subscriber.ts <token as JSON> <count>");
}
const stream = await subscribe(JSON.parse(token));
console.log(JSON.stringify("open"));
for (let received = 0; received < Number(count); received++) {
  const [message] = await take(stream, 1);
  console.log(JSON.stringify(message));
}
// The package keeps its socket open until the process ends.
process.exit(0);

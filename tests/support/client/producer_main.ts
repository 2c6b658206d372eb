/**
 * The program that `producer.ts` starts. It publishes the beginning of a data stream, and is silent from then on.
 *
 * @module
 */

import { request } from "node:http";
import process from "node:process";
import { createRealtime } from "../../../mod.ts";

const [way, url = "", signingKey = "", channel = "", topic = ""] = process.argv
  .slice(2);

async function* answer(): AsyncGenerator<string> {
  yield "Half an ans";
  // It ends by itself, because the test that should kill it may fail before.
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

if (way === "messages") {
  const realtime = createRealtime({ url, signingKey });
  await realtime.publish({ channel, topic, data: answer() });
} else {
  const query = new URLSearchParams({ channel, topic });
  request(`${url}/v1/realtime/publish?${query}`, {
    method: "POST",
    headers: {
      "content-type": "text/stream",
      authorization: `Bearer ${signingKey}`,
    },
  }).write("Half an ans");
}

/**
 * The program that `answering_process.ts` starts. It begins to answer a chat, prints the response of its route, and is silent from then on.
 *
 * @module
 */

import process from "node:process";
import { publishChat } from "../../../ai.ts";
import { createRealtime } from "../../../mod.ts";
import { BEGINNING } from "./half_answer.ts";

const [url = "", signingKey = "", chatId = ""] = process.argv.slice(2);

async function* answer(): AsyncGenerator<typeof BEGINNING[number]> {
  yield* BEGINNING;
  // It ends by itself, because the test that should kill it may fail before.
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

const realtime = createRealtime({ url, signingKey });
const response = await publishChat(realtime, { chatId, stream: answer() });
console.log(await response.text());

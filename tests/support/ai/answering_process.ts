import process from "node:process";
import { Child } from "../process/child.ts";
import type { Target } from "../wire/websocket.ts";

const RUN = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [];

/** A process that has begun to answer a chat, and is silent from then on. */
export interface AnsweringProcess {
  /** The JSON of its route's response. */
  readonly response: string;
  /** Kills it, as a machine does that loses its power. */
  kill(): Promise<void>;
}

/** Starts a process that answers a chat with the beginning of an answer. */
export async function startAnswering(
  { url, signingKey }: Target,
  chatId: string,
): Promise<AnsweringProcess> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const child = new Child([
    process.execPath,
    ...RUN,
    "tests/support/ai/answering_main.ts",
    url,
    signingKey,
    chatId,
  ], resolve);
  return {
    response: await promise,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

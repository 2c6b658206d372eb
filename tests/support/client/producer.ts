import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { basicVariables } from "../process/variables.ts";
import { ROOT } from "../root.ts";
import type { Target } from "../wire/websocket.ts";

const RUN = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [];

/**
 * Starts a producer in its own process. It publishes the beginning of a stream to topic `t`, and is silent from then on.
 *
 * @param way The form of the stream: the messages of the module, or the body of one request.
 * @returns A function that kills the producer.
 */
export function startProducer(
  { url, signingKey }: Target,
  channel: string,
  way: "messages" | "body",
): () => Promise<void> {
  const child = spawn(
    process.execPath,
    [
      ...RUN,
      "tests/support/client/producer_main.ts",
      way,
      url,
      signingKey,
      channel,
      "t",
    ],
    {
      cwd: ROOT,
      env: basicVariables(),
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const ended = once(child, "exit");
  return async () => {
    if (child.pid !== undefined) process.kill(child.pid, "SIGKILL");
    await ended;
  };
}

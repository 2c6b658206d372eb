/**
 * Starts a gateway, subscribes with a token that Python got, and runs the Python job that publishes.
 * `--port` chooses the gateway's port.
 *
 * @module
 */
import { subscribe } from "@tidings/realtime";
import { createGateway, serve } from "@tidings/realtime/server";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { choosePort } from "../port.ts";

const signingKey = `signkey-local-${randomBytes(32).toString("hex")}`;
const gateway = createGateway({ signingKey });
const server = await serve(gateway, { port: await choosePort(0) });
console.log(`The gateway listens on\n${server.url}`);

const token = JSON.parse(await python("token"));
const messages = await subscribe(token, { from: "start" });
const done = python("run");

for await (const { id, topic, data } of messages) {
  if (topic === "progress") {
    console.log(`${id}  ${data.percent} %  ${data.line}`);
  }
  if (topic === "result") {
    console.log(
      `${id}  ${data.words} words, above all: ${data.most.join(", ")}`,
    );
    break;
  }
}

await done;
await server.close();
await gateway.close();

/** Runs `python3 job.py` with the gateway's address; resolves with its output. */
async function python(command: "token" | "run"): Promise<string> {
  const job = fileURLToPath(new URL("./job.py", import.meta.url));
  const env = {
    ...process.env,
    REALTIME_URL: server.url,
    REALTIME_SIGNING_KEY: signingKey,
  };
  try {
    const { stdout } = await promisify(execFile)("python3", [job, command], {
      env,
    });
    return stdout;
  } catch (error) {
    if (Object(error).code !== "ENOENT") throw error;
    console.error("Cannot run job.py: install Python 3, the command python3");
    process.exit(1);
  }
}

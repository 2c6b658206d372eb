import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer, type ServerResponse } from "node:http";
import { channel, topic } from "../../../mod.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { appOf } from "../../support/client/client.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { listen } from "../../support/gateway/local_server.ts";
import { Child } from "../../support/process/child.ts";
import {
  commandFor,
  currentProgram,
  currentRuntime,
} from "../../support/process/programs.ts";

/** How long an end may take. A second is promised, and the rest is for a busy machine. */
const LONGEST_MS = 3_000;

/** Resolves with `true` when a promise resolves in time. */
async function inTime(ended: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, LONGEST_MS, false);
  });
  const result = await Promise.race([ended.then(() => true), late]);
  clearTimeout(timer);
  return result;
}

describe("The end of a subscription", () => {
  it("comes although a schema never resolves", async () => {
    await using gateway = await startGateway();
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => isAsked = resolve);
    const endless = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate() {
          isAsked();
          return new Promise<never>(() => {});
        },
      },
    } as const;
    const place = channel("c").addTopic(topic("t").schema(endless));
    const app = appOf(gateway);
    const target = { app, channel: place(), topics: ["t"] } as const;
    const subscription = await subscribe(target);
    const reading = (async () => {
      for await (const _ of subscription);
    })();
    await app.publish({ channel: "c", topic: "t", data: 1 });
    await asked;
    assertEquals(await inTime(subscription.close()), true);
    assertEquals(await inTime(reading), true);
  });

  for (const hanging of ["/v1/realtime/connect", "/v1/realtime/status"]) {
    it(`leaves nothing that keeps the process alive while ${hanging} does not answer`, async () => {
      let asked = false;
      let answer: ServerResponse | undefined;
      const server = createServer((request, response) => {
        if (request.url === hanging) asked = true;
        else if (request.url === "/asked") answer = response;
        else response.writeHead(503).end("{}");
        if (asked) answer?.end();
      });
      server.on("upgrade", (_, socket) => {
        socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      });
      await using listening = await listen(server);
      const lines: string[] = [];
      const command = commandFor(
        currentProgram(),
        currentRuntime(),
        "tests/support/client/hanging_main.ts",
      );
      const child = new Child(
        [...command, listening.url],
        (line) => lines.push(line),
      );
      const aborted = new Promise<void>((resolve) => {
        server.on("request", (_, response) => {
          if (response === answer) response.on("finish", () => resolve());
        });
      });
      await aborted;
      assertEquals(await inTime(child.exited), true, child.errors);
      await child.stop();
      assertEquals(lines, ["aborted"]);
    });
  }
});

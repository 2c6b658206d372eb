import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { SIGNING_KEY } from "../support/gateway/gateway.ts";
import { run } from "./campaign.ts";
import { Credentials } from "./credentials.ts";
import { compareGateways } from "./differential.ts";
import { parseOptions } from "./options.ts";

const SEED = 7;
const COUNT = 20;

/** Starts a server that answers whatever it receives with one text. */
async function startLiar(answer: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nconnection: close\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const INTERNAL = '{"error":{"code":"internal","message":"x"}}';
const FORBIDDEN = '{"error":{"code":"forbidden","message":"x"}}';

describe("run()", () => {
  it("reports each case that was answered with 500, with what repeats it", async () => {
    const credentials = await Credentials.create(SIGNING_KEY);
    await using liar = await startLiar(answer("500 x", INTERNAL));
    const { port } = liar;
    const common = { port, credentials, seed: SEED, count: COUNT };
    const { counts, failures, failed } = await run(common);
    assertEquals(failed, 4 * COUNT);
    assert((counts.get("http")?.get("500") ?? 0) > COUNT / 2);
    const first = failures.find(({ problem }) =>
      problem === "the answer is 500"
    );
    assert(first !== undefined && first.name.startsWith("http:"));
    const only = { kind: "http", number: Number(first.name.slice(5)) } as const;
    const again = await run({ ...common, only });
    assertEquals(again.failures, [first]);
  });

  it("reports a gateway that can't be reached", async () => {
    const credentials = await Credentials.create(SIGNING_KEY);
    const liar = await startLiar("");
    await liar[Symbol.asyncDispose]();
    const { port } = liar;
    const { failed } = await run({ port, credentials, seed: SEED, count: 1 });
    assertEquals(failed, 4);
  });

  it("ends when its signal is aborted", async () => {
    const credentials = await Credentials.create(SIGNING_KEY);
    const signal = AbortSignal.abort();
    const { counts } = await run({
      port: 1,
      credentials,
      seed: SEED,
      count: COUNT,
      signal,
    });
    assertEquals([...counts.values()].map(({ size }) => size), [0, 0, 0, 0]);
  });
});

describe("compareGateways()", () => {
  it("reports answers that differ, and only these", async () => {
    const credentials = await Credentials.create(SIGNING_KEY);
    await using one = await startLiar(answer("403 x", FORBIDDEN));
    await using same = await startLiar(answer("403 x", FORBIDDEN));
    await using other = await startLiar(answer("401 x", FORBIDDEN));
    const common = { credentials, seed: SEED, from: 0, to: COUNT };
    const alike = await compareGateways([one.port, same.port], common);
    assert(alike.compared > 0);
    assertEquals(alike.differing, 0);
    const found = await compareGateways([one.port, other.port], common);
    assertEquals(found.differing, found.compared);
    assert(found.differences[0]?.name.startsWith("http:"));
  });
});

describe("parseOptions()", () => {
  it("fuzzes every runtime with 20,000 cases of each kind by default", () => {
    const options = parseOptions([]);
    assert(typeof options !== "string");
    assertEquals(options.runtimes, ["deno", "bun", "node"]);
    assertEquals(options.count, 20_000);
    assertEquals(options.brokers, ["memory"]);
  });

  it("takes the seed and the number of a case", () => {
    const options = parseOptions(["--seed", "5", "--only", "frames:17"]);
    assert(typeof options !== "string");
    assertEquals(options.seed, 5);
    assertEquals(options.only, { kind: "frames", number: 17 });
  });

  it("says what is wrong", () => {
    for (
      const args of [
        ["--seed", "x"],
        ["--count", "-1"],
        ["--only", "17"],
        ["--only", "all:1"],
        ["--broker", "kafka"],
        ["--runtime", "perl"],
      ]
    ) assert(typeof parseOptions(args) === "string", args.join(" "));
  });
});

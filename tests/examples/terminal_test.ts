import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import {
  noiseIn,
  runExample,
  startExample,
} from "../support/browser/example.ts";

/** The port that the examples take unless another program has it. */
const OWN_PORT = 3000;

/** Listens on a port, 0 for a free one; resolves also where another program listens there. */
async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening").catch(({ code }) =>
    assertEquals(code, "EADDRINUSE")
  );
  return server;
}

async function free(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  await closed;
}

describe("an example's terminal", () => {
  it("shows the page's URL on a line of its own, at the port of --port", async () => {
    const probe = await occupy(0);
    const { port } = Object(probe.address());
    await free(probe);
    const example = await startExample("llm-stream", ["--port", `${port}`]);
    assertEquals(example.url, `http://127.0.0.1:${port}`);
    assertMatch(await (await fetch(example.url)).text(), /^<!doctype html>/);
    await example.close();
  });

  it("names the next free port where the example's own is in use", async () => {
    const taken = await occupy(OWN_PORT);
    const example = await startExample("llm-stream", []);
    const { port } = new URL(example.url);
    assertNotEquals(port, `${OWN_PORT}`);
    assertMatch(
      example.output(),
      new RegExp(
        `^Port ${OWN_PORT} is in use, so the example takes port ${port}$`,
        "m",
      ),
    );
    assertMatch(await (await fetch(example.url)).text(), /^<!doctype html>/);
    await example.close();
    await free(taken);
  });

  it("says in one line that the port of --port is in use", async () => {
    const taken = await occupy(0);
    const { port } = Object(taken.address());
    for (const name of ["llm-stream", "edge-function", "python-publisher"]) {
      const { code, output } = await runExample(name, ["--port", `${port}`]);
      assertEquals(code, 1, output);
      assertEquals(
        lastLineOf(output),
        `Cannot listen on port ${port}: it is in use; choose another with --port, or 0 for a free one`,
      );
      assertEquals(noiseIn(output), []);
    }
    await free(taken);
  });

  it("says in one line what is wrong with the arguments", async () => {
    for (const value of ["x", "65536", "-1", "1.5", ""]) {
      const { code, output } = await runExample("llm-stream", [
        `--port=${value}`,
      ]);
      assertEquals(code, 2, output);
      assertEquals(
        lastLineOf(output),
        `Cannot use --port "${value}": it must be a whole number from 0 to 65535`,
      );
    }
    const { code, output } = await runExample("llm-stream", ["--prot"]);
    assertEquals(code, 2, output);
    assertMatch(lastLineOf(output), /--prot/);
    assertEquals(noiseIn(output), []);
  });
});

describe("the check for noise", () => {
  it("finds stack traces and warnings, and nothing else", () => {
    const trace = "    at read (file:///app/main.ts:3:9)";
    const warnings = [
      "(node:1) ExperimentalWarning: Type Stripping is experimental",
      "Warning: This API is deprecated",
    ];
    const lines = ["Open this page:", "http://127.0.0.1:3000", "I am at sea"];
    const output = [...lines, trace, ...warnings].join("\n");
    assertEquals(noiseIn(output), [trace, ...warnings]);
  });
});

/** Returns the last line; on Deno the line of the task stands before it. */
function lastLineOf(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}

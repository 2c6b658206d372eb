import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { rename } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { NODE_MAJORS, nodeFolder } from "../support/package/node_versions.ts";
import { createProject, type Project } from "../support/package/project.ts";
import { currentRuntime } from "../support/process/programs.ts";
import { Terminal } from "../support/process/terminal.ts";
import { IMPORT, PUBLISH_AND_ITERATE, REQUIRE, REQUIRED } from "./consumers.ts";

/** How apps run on a runtime. */
interface Host {
  readonly name: string;
  /** The command before the path of a script. */
  readonly run: string;
  /** The command before the gateway's flags. */
  readonly gateway: string;
  /** Installs the runtime and returns the folder of its programs, unless it is the test's own. */
  readonly install?: () => Promise<string>;
}

const { execPath } = process;
const BIN = "node_modules/@tidings/realtime/bin/tidings.js";
const DENO = `${execPath} run --allow-all --quiet`;

const HOSTS: Readonly<
  Record<ReturnType<typeof currentRuntime>, readonly Host[]>
> = {
  deno: [{ name: "Deno", run: DENO, gateway: `${DENO} ${BIN}` }],
  bun: [{
    name: "Bun",
    run: execPath,
    gateway: `${execPath} x --bun tidings`,
  }],
  node: NODE_MAJORS.map((major) => ({
    name: `Node ${major}`,
    run: "node",
    gateway: "npx @tidings/realtime",
    install: () => nodeFolder(major),
  })),
};

describe("the package in an empty project", () => {
  let project: Project;

  beforeAll(async () => {
    project = await createProject();
    await project.write("iterate.js", PUBLISH_AND_ITERATE);
    await project.write("require.cjs", REQUIRE);
    await project.write("import.js", IMPORT);
  });

  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  for (const host of HOSTS[currentRuntime()]) {
    describe(`on ${host.name}`, () => {
      /** Runs a command in the project, with the host's programs. */
      async function run(command: string): Promise<Terminal> {
        const { folder: cwd } = project;
        const path = [await host.install?.(), process.env.PATH];
        const env = { PATH: path.filter(Boolean).join(delimiter) };
        return new Terminal(command, { cwd, env });
      }

      /** Runs a script of the project and returns its output. */
      async function outputOf(
        script: string,
        ...args: string[]
      ): Promise<string> {
        await using terminal = await run([host.run, script, ...args].join(" "));
        await terminal.succeeds();
        return terminal.output.trim();
      }

      it("has a gateway, to which an app publishes and subscribes", async () => {
        await using gateway = await run(`${host.gateway} --dev --port 0`);
        const url = await gateway.prints(/listens on (http:\S+)/);
        assertEquals(await outputOf("iterate.js", url), '["first","second"]');
        await assertShowsPage(url);
      });

      it("keeps messages in a database, and copies it", async () => {
        const database = `${host.name.replace(" ", "-").toLowerCase()}.db`;
        const flags = `--dev --port 0 --broker sqlite:./${database}`;
        await using gateway = await run(`${host.gateway} ${flags}`);
        const url = await gateway.prints(/listens on (http:\S+)/);
        assertEquals(await outputOf("iterate.js", url), '["first","second"]');
        await using copied = await run(
          `${host.gateway} backup ${database} copy-of-${database}`,
        );
        await copied.succeeds();
        assertStringIncludes(copied.output, `Copied ${database} to `);
        for (const { output } of [gateway, copied]) {
          assertEquals(output.includes("ExperimentalWarning"), false);
        }
      });

      it("can be loaded by require()", async () => {
        assertEquals(await outputOf("require.cjs"), `${REQUIRED.length}`);
      });

      it("names the package that is missing for an export", async () => {
        assertMatch(await outputOf("import.js", "/hooks"), /['"]react['"]/);
        const client = join(project.folder, "node_modules/@redis");
        await rename(client, `${client}-away`);
        try {
          assertMatch(
            await outputOf("import.js", "/server/redis"),
            /['"]@redis\/client['"]/,
          );
        } finally {
          await rename(`${client}-away`, client);
        }
        for (const name of ["/middleware", "/ai"]) {
          assertEquals(await outputOf("import.js", name), "loaded");
        }
      });
    });
  }
});

/** Asserts that a gateway serves its page and every file that the page names. */
async function assertShowsPage(url: string): Promise<void> {
  const page = await (await fetch(url)).text();
  const files = [...page.matchAll(/(?:href|src)="(page\/[^"]+)"/g)];
  for (const [, file = ""] of files) {
    const response = await fetch(new URL(file, url));
    await response.text();
    assertEquals([file, response.status], [file, 200]);
  }
  assertEquals(files.length >= 5, true);
}

import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  type AppSettings,
  compileProject,
  type Compiler,
} from "../support/package/compile_project.ts";
import { createProject, type Project } from "../support/package/project.ts";
import { ROOT } from "../support/root.ts";

/** Imports all of the package, without inngest and react. */
const EVERYTHING = `
import * as realtime from "@tidings/realtime";
import * as gateway from "@tidings/realtime/gateway";
import * as hooks from "@tidings/realtime/hooks";
import * as devtools from "@tidings/realtime/hooks/devtools";
import * as middleware from "@tidings/realtime/middleware";
import * as redis from "@tidings/realtime/server/redis";
import * as sqlite from "@tidings/realtime/server/sqlite";
import * as server from "@tidings/realtime/server";
import * as testing from "@tidings/realtime/testing";

declare const env: { readonly url: string | undefined };
export const app = realtime.createRealtime({ url: env.url });
export const served = server.createGateway({ dev: true, signingKey: env.url });
export const made: middleware.RealtimeMiddlewareClass = middleware
  .realtimeMiddleware({ url: env.url });
export { devtools, gateway, hooks, redis, sqlite, testing };
`;

const CLOSING = `
import { type Realtime, subscribe } from "@tidings/realtime";
import { createGateway } from "@tidings/realtime/server";

declare const token: Realtime.Subscribe.Token;
await using gateway = createGateway({ dev: true });
await using subscription = await subscribe(token);
export const open = [gateway.dev, subscription.locked];
`;

/** Uses what the types of inngest and react are needed for. */
function appWith(definition: string): string {
  return `
import { Inngest } from "inngest";
import { createElement } from "react";
import { channel, topic } from "@tidings/realtime";
import { useRealtime } from "@tidings/realtime/hooks";
import { TidingsDevtools } from "@tidings/realtime/hooks/devtools";
import { realtimeMiddleware } from "@tidings/realtime/middleware";

const users = channel((id: string) => \`user:\${id}\`)
  .addTopic(topic("ai").type<{ response: string }>());
const inngest = new Inngest({ id: "app", middleware: [realtimeMiddleware()] });
export const fn = inngest.createFunction(${definition}, async ({ publish }) => {
  await publish(users("1").ai({ response: "hi" }));
  // @ts-expect-error a wrong payload
  await publish(users("1").ai, { response: 1 });
});
export function Status() {
  const { runStatus } = useRealtime({ token: undefined });
  return createElement("p", {}, runStatus, createElement(TidingsDevtools));
}
`;
}

const INNGEST = [
  ["inngest", `{ id: "fn", triggers: [{ event: "app/run" }] }`],
  ["inngest-v3", `{ id: "fn" }, { event: "app/run" }`],
] as const;

/** Links packages of the clone into a project, and copies ours beside them: it resolves their names from its real place. */
async function addProject(
  parent: string,
  name: string,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(parent, name);
  const modules = join(folder, "node_modules");
  const own = "@tidings/realtime";
  await mkdir(join(modules, "@types"), { recursive: true });
  await cp(join(parent, "node_modules", own), join(modules, own), {
    recursive: true,
  });
  for (const [name, target] of Object.entries(packages)) {
    await symlink(join(ROOT, "node_modules", target), join(modules, name));
  }
  const manifest = JSON.stringify({ private: true, type: "module" });
  await writeFile(join(folder, "package.json"), manifest);
  return folder;
}

describe("the declarations of the package", () => {
  let project: Project;

  beforeAll(async () => {
    project = await createProject(["typescript@5.9"]);
  });

  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  /** Returns the compilers of the project and of the clone. */
  function compilers(): Compiler[] {
    return [project.folder, ROOT].map((folder) =>
      createRequire(join(folder, "package.json"))("typescript")
    );
  }

  /** Compiles a project with both compilers; returns a line for each error that isn't in declarations of Inngest. */
  function problemsOf(
    folder: string,
    targets: readonly AppSettings["target"][],
    resolutions: readonly AppSettings["resolution"][],
  ): string[] {
    return compilers().flatMap((compiler) =>
      targets.flatMap((target) =>
        resolutions.flatMap((resolution) =>
          compileProject(folder, {
            compiler,
            target,
            resolution,
            unchecked: /node_modules\/inngest/,
          }).map((problem) =>
            `${compiler.version} ${target} ${resolution} ${problem}`
          )
        )
      )
    );
  }

  it("compile in TypeScript 5.9 and 6, with ES2022 and ES2024, without inngest and react", async () => {
    await project.write("app.ts", EVERYTHING);
    assertEquals(
      compilers().map(({ version }) => version.slice(0, 2)),
      [
        "5.",
        "6.",
      ],
    );
    assertEquals(
      problemsOf(project.folder, ["ES2022", "ES2024"], [
        "bundler",
        "node16",
        "nodenext",
      ]),
      [],
    );
  });

  it("close objects by `await using` where the compiler's library knows it", async () => {
    await project.write("app.ts", CLOSING);
    assertEquals(
      problemsOf(project.folder, ["ESNext"], ["nodenext"]),
      [],
    );
  });

  for (const [name, definition] of INNGEST) {
    it(`compile beside react 19 and ${name}`, async () => {
      const folder = await addProject(project.folder, name, {
        inngest: name,
        react: "react",
        "@types/react": "@types/react",
        csstype: "csstype",
      });
      await writeFile(join(folder, "app.ts"), appWith(definition));
      assertEquals(
        problemsOf(folder, ["ES2022"], ["nodenext"]),
        [],
      );
    });
  }

  it("report the errors of a wrong program", async () => {
    await project.write(
      "app.ts",
      `import { topic } from "@tidings/realtime";\ntopic(1);\n`,
    );
    assertEquals(
      problemsOf(project.folder, ["ES2022"], ["nodenext"]).length,
      2,
    );
  });
});

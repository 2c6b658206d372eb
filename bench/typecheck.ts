/**
 * Measures what the types cost a user's type check: 100 channels of 10 topics in
 * one program, against an empty program, with the same TypeScript. Exits with 1
 * where that is 2 s or more.
 *
 * The program sees declarations of the module, as users of a package do, not its
 * source. A second program also publishes to every topic, subscribes to every
 * channel and has zod schemas for half of the topics.
 *
 * @module
 */

import { join } from "node:path";
import { mustRun } from "../tests/run/command.ts";
import { findNode, installPackages } from "../tests/run/setup.ts";
import { median, ms } from "./support.ts";
import { ROOT } from "../tests/support/root.ts";
import { channelModule } from "./typecheck_programs.ts";

const CHANNELS = 100;
const RUNS = 5;
const LIMIT_MS = 2_000;

const COMPILER = join(ROOT, "node_modules/typescript/lib/tsc.js");
const PROGRAMS = ["empty", "defined", "used"] as const;

type Times<T> = Record<typeof PROGRAMS[number], T>;

async function main(): Promise<number> {
  await installPackages();
  const node = await findNode();
  const folder = await Deno.makeTempDir();
  const compile = async (project: string): Promise<number> => {
    const start = performance.now();
    await mustRun([node, COMPILER, "-p", join(folder, project)]);
    return performance.now() - start;
  };
  try {
    await writePrograms(folder);
    await compile("declarations.json");
    // Read once, so that no program pays for the disk.
    await compile("used");
    const times: Times<number[]> = { empty: [], defined: [], used: [] };
    for (let i = 0; i < RUNS; i++) {
      for (const name of PROGRAMS) times[name].push(await compile(name));
    }

    const version = await mustRun([node, COMPILER, "--version"]);
    return report(version.trim(), {
      empty: median(times.empty),
      defined: median(times.defined),
      used: median(times.used),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function report(
  version: string,
  { empty, defined, used }: Times<number>,
): number {
  const isOk = defined - empty < LIMIT_MS;
  console.log(`TypeScript ${version}, median of ${RUNS} runs`);
  console.log(`empty program: ${ms(empty)}`);
  console.log(
    `${CHANNELS} channels of 10 topics: ${ms(defined)}, ${
      ms(defined - empty)
    } more, limit ${ms(LIMIT_MS)}: ${isOk ? "ok" : "TOO SLOW"}`,
  );
  console.log(
    `also published to, subscribed to, half of the topics with zod: ${
      ms(used)
    }, ${ms(used - empty)} more`,
  );
  return isOk ? 0 : 1;
}

async function writePrograms(folder: string): Promise<void> {
  const modules = Array.from({ length: CHANNELS }, (_, i) => i);
  await writeConfig(folder, "declarations.json", {
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: ROOT,
      outDir: join(folder, "declarations"),
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    files: [join(ROOT, "mod.ts")],
    include: [],
  });
  await Deno.symlink(
    join(ROOT, "node_modules"),
    join(folder, "node_modules"),
  );
  await writeProgram(folder, "empty", ["export {};\n"]);
  await writeProgram(
    folder,
    "defined",
    modules.map((i) => channelModule(i, { isUsed: false })),
  );
  await writeProgram(
    folder,
    "used",
    modules.map((i) => channelModule(i, { isUsed: true })),
  );
}

async function writeProgram(
  folder: string,
  name: string,
  sources: readonly string[],
): Promise<void> {
  const path = join(folder, name);
  await Deno.mkdir(path);
  await writeConfig(path, "tsconfig.json", {
    compilerOptions: {
      // As a browser app has it; the runtimes' types are no part of this.
      lib: ["ES2024", "ESNext.Disposable", "DOM", "DOM.Iterable"],
      module: "ESNext",
      moduleResolution: "bundler",
      types: [],
      paths: { "@tidings/realtime": [join(folder, "declarations/mod.d.ts")] },
    },
    include: ["*.ts"],
  });
  for (const [i, source] of sources.entries()) {
    await Deno.writeTextFile(join(path, `channel${i}.ts`), source);
  }
}

async function writeConfig(
  folder: string,
  name: string,
  config: object,
): Promise<void> {
  const whole = {
    extends: join(ROOT, "tsconfig.json"),
    exclude: [],
    ...config,
  };
  await Deno.writeTextFile(join(folder, name), JSON.stringify(whole));
}

Deno.exit(await main());

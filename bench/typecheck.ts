/**
 * Measures what the types cost: 100 channels of 10 topics in one program,
 * published to and subscribed, against an empty program, with the same
 * TypeScript. Exits with 1 where that is 2 s or more.
 *
 * @module
 */

import { join } from "node:path";
import { mustRun } from "../tests/run/command.ts";
import { findNode, installPackages } from "../tests/run/setup.ts";
import { median, ms, ROOT } from "./support.ts";

const CHANNELS = 100;
const TOPICS = 10;
const RUNS = 5;
const LIMIT_MS = 2_000;

const MODULE = join(ROOT, "mod.ts");

/** A module with one channel of every form of topic, and its use. */
function channelModule(number: number): string {
  const topics = Array.from({ length: TOPICS }, (_, i) => `topic${i}`);
  const declared = topics.map((name, i) =>
    i % 2 === 0
      ? `.addTopic(topic("${name}").type<{ n${i}: number; text: string }>())`
      : `.addTopic(topic("${name}").schema(z.object({ n${i}: z.number() })))`
  );
  const published = topics.map((name, i) =>
    `  await app.publish(one.${name}({ n${i}: ${i}${
      i % 2 === 0 ? ', text: "a"' : ""
    } }));`
  );
  return `
import { channel, createRealtime, getSubscriptionToken, subscribe, topic } from "tidings";
import type { Realtime } from "tidings";
import { z } from "zod";

export const channel${number} = channel((id: string) => \`channel${number}:\${id}\`)
  ${declared.join("\n  ")};

export type Token = Realtime.Token<typeof channel${number}, ["topic0", "topic1"]>;

export async function use(app: ReturnType<typeof createRealtime>): Promise<number> {
  const one = channel${number}("1");
${published.join("\n")}
  const token = await getSubscriptionToken(app, {
    channel: one,
    topics: ["topic0", "topic1"],
  });
  let sum = 0;
  for await (const message of await subscribe(token)) {
    if (message.topic === "topic0") sum += message.data.n0;
    else sum += message.data.n1;
  }
  return sum;
}
`;
}

async function main(): Promise<number> {
  await installPackages();
  const node = await findNode();
  const compiler = join(ROOT, "node_modules/typescript/lib/tsc.js");
  const folder = await Deno.makeTempDir();
  try {
    await writePrograms(folder);
    const check = async (program: string): Promise<number> => {
      const start = performance.now();
      await mustRun([node, compiler, "-p", join(folder, program)]);
      return performance.now() - start;
    };
    // Read once, so that no program pays for the disk.
    await check("full");
    const empty: number[] = [];
    const imports: number[] = [];
    const full: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      empty.push(await check("empty"));
      imports.push(await check("imports"));
      full.push(await check("full"));
    }

    const version = await mustRun([node, compiler, "--version"]);
    const more = median(full) - median(empty);
    console.log(`TypeScript ${version.trim()}, median of ${RUNS} runs`);
    console.log(`empty program: ${ms(median(empty))}`);
    console.log(`imports of the module and zod only: ${ms(median(imports))}`);
    console.log(
      `${CHANNELS} channels of ${TOPICS} topics: ${ms(median(full))}`,
    );
    const verdict = more < LIMIT_MS ? "ok" : "TOO SLOW";
    console.log(
      `more than the empty program: ${ms(more)}, limit ${
        ms(LIMIT_MS)
      }: ${verdict}`,
    );
    return more < LIMIT_MS ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writePrograms(folder: string): Promise<void> {
  const numbers = Array.from({ length: CHANNELS }, (_, i) => i);
  await writeProgram(folder, "empty", { "main.ts": "export {};\n" });
  await writeProgram(folder, "imports", {
    "main.ts": 'import "tidings";\nimport "zod";\n',
  });
  await writeProgram(
    folder,
    "full",
    Object.fromEntries(
      numbers.map((number) => [`channel${number}.ts`, channelModule(number)]),
    ),
  );
}

async function writeProgram(
  folder: string,
  name: string,
  files: Record<string, string>,
): Promise<void> {
  const path = join(folder, name);
  await Deno.mkdir(path);
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      // As a browser app has it; the runtimes' types are no part of this.
      lib: ["ES2024", "ESNext.Disposable", "DOM", "DOM.Iterable"],
      module: "ESNext",
      moduleResolution: "bundler",
      types: [],
      paths: {
        tidings: [MODULE],
        zod: [join(ROOT, "node_modules/zod/index.d.ts")],
      },
    },
    include: ["*.ts"],
    exclude: [],
  };
  await Deno.writeTextFile(
    join(path, "tsconfig.json"),
    JSON.stringify(config),
  );
  for (const [file, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(path, file), text);
  }
}

Deno.exit(await main());

/**
 * The samples of Inngest Realtime's documentation as files of an app that uses this package.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** One sample. */
export interface Sample {
  /** What the documentation calls it. */
  readonly title: string;
  /** Its source, as it stands there. */
  readonly source: string;
}

/** A part of a sample that is not TypeScript that compiles, whatever the package is. */
export interface Correction {
  /** The sample's title. */
  readonly title: string;
  /** What stands there. */
  readonly wrong: string;
  /** What should. */
  readonly right: string;
}

/** The only differences between the samples and what is checked, but for the package's name. */
export const CORRECTIONS: readonly Correction[] = [
  // `await` needs an `async` function.
  {
    title: "Basic (untyped)",
    wrong: "step.run('generate-response', () => {",
    right: "step.run('generate-response', async () => {",
  },
  {
    title: "Typed channels (recommended)",
    wrong: "step.run('generate-response', () => {",
    right: "step.run('generate-response', async () => {",
  },
  {
    title: "Typed channels (recommended)",
    wrong: 'step.run("log-all-went-well", () => {',
    right: 'step.run("log-all-went-well", async () => {',
  },
  // The schema is `z.number().transform(Boolean)`: it takes a number, and makes the boolean that subscribers get.
  {
    title: "Typed channels (recommended)",
    wrong: "success: true,",
    right: "success: 1,",
  },
  // React can't render an object, which the token says the data are.
  {
    title: "React hook - useInngestSubscription()",
    wrong: "{message.data}",
    right: "{message.data.response}",
  },
];

const FILES: Readonly<Record<string, string>> = {
  "client.ts": "client.ts",
  "Basic (untyped)": "untyped.ts",
  "Typed channels (recommended)": "typed.ts",
  "Next.js - Server action": "actions.ts",
  "Express": "express.ts",
  "React hook - useInngestSubscription()": "page.tsx",
  "Basic subscribe": "subscribe.ts",
};

const FOLDER = "tests/data/seed_app";

/** What the samples take for granted. */
const SURROUNDINGS: Readonly<Record<string, string>> = {
  "globals.d.ts": `
declare const llm: { generateResponse(prompt: string): string };
declare const z: typeof import("zod").z;
interface Reply { json(value: unknown): void }
declare const app: {
  post(path: string, handler: (req: Request, res: Reply) => unknown): void;
};`,
  "session.ts": `
export declare function getSession(request?: Request): { userId: string };`,
  "channels.ts": `
import { channel, topic } from "@tidings/realtime";
export const userChannel = channel((userId: string) => \`user:\${userId}\`)
  .addTopic(topic("ai").schema(z.object({
    response: z.string(),
    success: z.number().transform(Boolean),
  })));`,
  "inngest/client.ts": `export * from "../client";`,
};

/** Where the imports of the samples lead. They are for Inngest's version 3. */
export const SEED_PATHS: Readonly<Record<string, string>> = {
  "inngest": "node_modules/inngest-v3/index.d.ts",
  "@/inngest/client": `${FOLDER}/client.ts`,
  "@/inngest/functions/helloWorld": `${FOLDER}/channels.ts`,
  "@/app/lib/session": `${FOLDER}/session.ts`,
  "src/session": `${FOLDER}/session.ts`,
};

/** Reads the samples. */
export function readSamples(): Sample[] {
  const text = readFileSync(
    new URL("./seed.md.txt", import.meta.url),
    "utf8",
  );
  return Array.from(
    text.matchAll(/^```tsx? \{\{ title: "(.*)" \}\}\n([^]*?)^```$/gm),
    ([, title = "", source = ""]) => ({ title, source }),
  );
}

/** Replaces the one place where a text stands. */
export function replaceOnce(source: string, from: string, to: string): string {
  const parts = source.split(from);
  if (parts.length !== 2) {
    throw new Error(
      `Expected "${from}" once, found it ${parts.length - 1} times`,
    );
  }
  return parts.join(to);
}

/** The source of a sample, with the package's new name and its corrections, but for one. */
export function corrected(sample: Sample, without?: Correction): string {
  return CORRECTIONS
    .filter((each) => each.title === sample.title && each !== without)
    .reduce(
      (source, { wrong, right }) => replaceOnce(source, wrong, right),
      sample.source.replaceAll('"@inngest/realtime', '"@tidings/realtime'),
    );
}

/** Where a sample is checked, or a variant of it that has a name. */
export function pathOf({ title }: Sample, variant?: string): string {
  const file = FILES[title];
  if (file === undefined) throw new Error(`There is a new sample: "${title}"`);
  return `${FOLDER}/${variant === undefined ? "" : `${variant}_`}${file}`;
}

/** The files around the samples. */
export function surroundings(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SURROUNDINGS)
      .map(([file, text]) => [`${FOLDER}/${file}`, text]),
  );
}

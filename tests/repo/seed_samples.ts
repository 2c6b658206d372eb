/**
 * Turns the samples of Inngest Realtime's documentation into files of an app that uses this package.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** A sample of the documentation. */
export interface Sample {
  /** Its title in the documentation. */
  readonly title: string;
  /** Its source in the documentation. */
  readonly source: string;
}

/** A correction of a sample that can't compile with any package. */
export interface Correction {
  /** The sample's title. */
  readonly title: string;
  /** The text in the documentation. */
  readonly wrong: string;
  /** The text that compiles. */
  readonly right: string;
}

/** The only changes to the samples, besides the package's name. */
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
  // The schema is `z.number().transform(Boolean)`: it takes a number, and subscribers receive a boolean.
  {
    title: "Typed channels (recommended)",
    wrong: "success: true,",
    right: "success: 1,",
  },
  // React can't render an object, which is the type of the data.
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

/** The files that the samples need beside them. */
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

/** The files that the imports of the samples resolve to. The samples are for Inngest's version 3. */
export const SEED_PATHS: Readonly<Record<string, string>> = {
  "inngest": "node_modules/inngest-v3/index.d.ts",
  "@/inngest/client": `${FOLDER}/client.ts`,
  "@/inngest/functions/helloWorld": `${FOLDER}/channels.ts`,
  "@/app/lib/session": `${FOLDER}/session.ts`,
  "src/session": `${FOLDER}/session.ts`,
};

/** Reads the samples from the documentation. */
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

/**
 * Replaces a text that occurs once.
 *
 * @throws {Error} When it occurs more or less often.
 */
export function replaceOnce(source: string, from: string, to: string): string {
  const parts = source.split(from);
  if (parts.length !== 2) {
    throw new Error(
      `Expected "${from}" once, found it ${parts.length - 1} times`,
    );
  }
  return parts.join(to);
}

/** Returns the source of a sample with the package's new name and its corrections, except for one. */
export function corrected(sample: Sample, without?: Correction): string {
  return CORRECTIONS
    .filter((each) => each.title === sample.title && each !== without)
    .reduce(
      (source, { wrong, right }) => replaceOnce(source, wrong, right),
      sample.source.replaceAll('"@inngest/realtime', '"@tidings/realtime'),
    );
}

/** Returns the path that a sample, or a named variant of it, is checked at. */
export function pathOf({ title }: Sample, variant?: string): string {
  const file = FILES[title];
  if (file === undefined) throw new Error(`There is a new sample: "${title}"`);
  return `${FOLDER}/${variant === undefined ? "" : `${variant}_`}${file}`;
}

/** Returns the files that the samples need beside them. */
export function surroundings(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SURROUNDINGS)
      .map(([file, text]) => [`${FOLDER}/${file}`, text]),
  );
}

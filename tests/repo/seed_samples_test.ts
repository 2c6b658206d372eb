import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  corrected,
  CORRECTIONS,
  pathOf,
  readSamples,
  replaceOnce,
  type Sample,
  SEED_PATHS,
  surroundings,
} from "./seed_samples.ts";
import { checkTypes, type TypeProblem } from "../support/types/type_check.ts";

const SAMPLES = readSamples();

/** Changes that must not compile: the title of a sample, a text in it, and the text that replaces it. */
const BREAKS = [
  ["Typed channels (recommended)", ".ai({", ".nope({"],
  ["Typed channels (recommended)", "response: response,", "response: 1,"],
  ["Typed channels (recommended)", 'info("All went well")', "info(200)"],
  ["Typed channels (recommended)", "(event.data.userId)", "()"],
  ["Basic (untyped)", 'topic: "ai",', ""],
  ["Next.js - Server action", "`user:${userId}`", "`org:${userId}`"],
  ["Next.js - Server action", 'topics: ["ai"],', 'topics: ["nope"],'],
  ["Next.js - Server action", 'topics: ["ai"],', 'topics: "ai",'],
  ["Express", "getSubscriptionToken(inngest,", "getSubscriptionToken({},"],
  [
    "React hook - useInngestSubscription()",
    "message.data.response",
    "message.data.nope",
  ],
  ["Basic subscribe", "subscribe(token)", "subscribe()"],
] as const;

function sampleOf(title: string): Sample {
  const sample = SAMPLES.find((each) => each.title === title);
  assert(sample, `No sample is called "${title}"`);
  return sample;
}

/** Checks all programs of the tests at once. */
function checkAll(): TypeProblem[] {
  const sources = surroundings();
  for (const sample of SAMPLES) sources[pathOf(sample)] = corrected(sample);
  CORRECTIONS.forEach((correction, i) => {
    const sample = sampleOf(correction.title);
    sources[pathOf(sample, `uncorrected${i}`)] = corrected(sample, correction);
  });
  BREAKS.forEach(([title, from, to], i) => {
    const sample = sampleOf(title);
    sources[pathOf(sample, `broken${i}`)] = replaceOnce(
      corrected(sample),
      from,
      to,
    );
  });
  return checkTypes({ sources, paths: SEED_PATHS });
}

describe("the samples of Inngest Realtime's documentation", () => {
  // Not in a hook, as the compiler may take longer than a hook may.
  const problems = checkAll();
  const inFile = (path: string): TypeProblem[] =>
    problems.filter(({ file }) => file === path);

  it("are seven", () => {
    assertEquals(SAMPLES.length, 7);
  });

  it("compile with the corrections, and so do the files beside them", () => {
    const variants = /\/(uncorrected|broken)\d+_/;
    assertEquals(problems.filter(({ file }) => !variants.test(file)), []);
  });

  for (const sample of SAMPLES) {
    it(`compile after the package is renamed: ${sample.title}`, () => {
      assertEquals(inFile(pathOf(sample)), []);
    });
  }

  CORRECTIONS.forEach((correction, i) => {
    it(`do not compile without the correction of ${JSON.stringify(correction.wrong)} in: ${correction.title}`, () => {
      const path = pathOf(sampleOf(correction.title), `uncorrected${i}`);
      assert(inFile(path).length > 0);
    });
  });

  BREAKS.forEach(([title, from, to], i) => {
    it(`do not compile with ${JSON.stringify(to)} for ${JSON.stringify(from)} in: ${title}`, () => {
      assert(inFile(pathOf(sampleOf(title), `broken${i}`)).length > 0);
    });
  });
});

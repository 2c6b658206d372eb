import { recordModelAnswers } from "./model_answers.ts";
import type { RecordedAnswer } from "./recorded_answer.ts";
import { recordWrittenAnswers } from "./written_answers.ts";

/** Records the answers that tests replay: every kind of chunk that the AI SDK makes. */
export async function recordCorpus(): Promise<RecordedAnswer[]> {
  const [model, written] = await Promise.all([
    recordModelAnswers(),
    recordWrittenAnswers(),
  ]);
  return [...model, ...written];
}

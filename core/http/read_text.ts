import { RealtimeError } from "../protocol/errors.ts";
import { FRAME_CHARACTERS } from "../protocol/limits.ts";

/** Maximum length of the body of a failure, in characters: a sentence, and what a schema has found. */
const FAILURE_CHARACTERS = 1_000_000;

/**
 * Reads the body of a response as text, but no more of it than a gateway answers: a body may have no end.
 *
 * @param onPiece Called with each piece of the text.
 * @throws {RealtimeError} `too_large`. The request ends, unless the response is a copy.
 */
export async function readText(
  { body, ok }: Response,
  action: string,
  onPiece?: (piece: string) => void,
): Promise<string> {
  const limit = ok ? FRAME_CHARACTERS : FAILURE_CHARACTERS;
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = "";
  try {
    while (reader) {
      const { done, value } = await reader.read();
      const piece = decoder.decode(value, { stream: !done });
      text += piece;
      if (text.length > limit) {
        const problem = `the answer has more than ${limit} characters`;
        throw new RealtimeError("too_large", `${action}: ${problem}`);
      }
      onPiece?.(piece);
      if (done) break;
    }
    return text;
  } finally {
    // The cancellation of a copy would wait for its original.
    reader?.cancel().catch(() => {});
  }
}

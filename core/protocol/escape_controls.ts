/** Matches characters that could begin a line, or change how a terminal shows one. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Writes the control characters of a text as `\uxxxx`. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, escapeOf);
}

function escapeOf(character: string): string {
  return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}

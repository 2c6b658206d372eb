/** Returns the source of the regular expression for a text of a document, in which names such as `<url>` stand for any text of a line. */
export function patternOf(text: string): string {
  return text.split(/<[a-z ]+>/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^\\n]+");
}

/** One line of a batch request. */
export type Line = Readonly<Record<string, unknown>>;

/** A kind of page that shows a stream from its start. */
export interface ReplayPage {
  readonly title: string;
  /** The page's program, in this folder; see `page_contract.ts`. */
  readonly program: string;
  /** The topic of its stream. */
  readonly topic: string;
  /** Returns the data of the stream's chunks. */
  chunks(count: number): readonly string[];
  /** The characters that the page shows of some chunks. */
  characters(chunks: readonly string[]): number;
}

/** Words of different lengths, with characters of one to four bytes. */
const WORDS = ["The ", "tide ", "rises, ", "die ", "Flut ", "fällt", ". 🌊\n"];

/** Every kind of page that is measured. */
export const PAGES: readonly ReplayPage[] = [
  {
    title: "useStream",
    program: "use_stream_page.ts",
    topic: "answer",
    chunks: (count) =>
      Array.from({ length: count }, (_, i) => WORDS[i % WORDS.length] ?? ""),
    characters: (chunks) => chunks.join("").length,
  },
];

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

/** The pieces in which a model writes, some with characters of several bytes and with a line break. */
const PIECES =
  "The| tide| rises|,| die| Fl|ut| fäl|lt|.| The| twi|light| “|dark|ens|”|.\n"
    .split("|");

/** Every kind of page that is measured. */
export const PAGES: readonly ReplayPage[] = [
  {
    title: "useStream",
    program: "use_stream_page.ts",
    topic: "answer",
    chunks: (count) =>
      Array.from({ length: count }, (_, i) => PIECES[i % PIECES.length] ?? ""),
    characters: (chunks) => chunks.join("").length,
  },
];

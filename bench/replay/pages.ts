import type * as ai from "ai";
import { AnswerEncoder } from "../../ai/answer_lines.ts";

/** One line of a batch request. */
export type Line = Readonly<Record<string, unknown>>;

/** A kind of page that shows a stream from its start. */
export interface ReplayPage {
  readonly title: string;
  /** The page's program, in this folder; see `page_contract.ts`. */
  readonly program: string;
  /** The topic of its stream. */
  readonly topic: string;
  /** Whether the stream has ended. Chats show only those that are running. */
  readonly hasEnded: boolean;
  /** Returns the data of the stream's chunks. */
  chunks(count: number): readonly string[];
  /** The characters that the page shows of some chunks. */
  characters(chunks: readonly string[]): number;
}

/** The pieces in which a model writes, some with characters of several bytes and with a line break. */
const PIECES =
  "The| tide| rises|,| die| Fl|ut| fäl|lt|.| The| twi|light| “|dark|ens|”|.\n"
    .split("|");

function pieces(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => PIECES[i % PIECES.length] ?? "",
  );
}

/** Every kind of page that is measured. */
export const PAGES: readonly ReplayPage[] = [
  {
    title: "useStream",
    program: "use_stream_page.ts",
    topic: "answer",
    hasEnded: true,
    chunks: pieces,
    characters: (chunks) => chunks.join("").length,
  },
  {
    title: "useChat",
    program: "use_chat_page.ts",
    topic: "answer",
    hasEnded: false,
    chunks(count) {
      const encoder = new AnswerEncoder();
      const begin: ai.UIMessageChunk[] = [
        { type: "start", messageId: "1" },
        { type: "text-start", id: "1" },
      ];
      const deltas = pieces(count - begin.length)
        .map((delta): ai.UIMessageChunk => ({
          type: "text-delta",
          id: "1",
          delta,
        }));
      return [...begin, ...deltas].map((chunk) => encoder.encode(chunk));
    },
    characters: (chunks) => pieces(chunks.length - 2).join("").length,
  },
];

import type { UIMessageChunk } from "ai";

/** The answer of a model as the AI SDK streams it to a page. */
export interface RecordedAnswer {
  /** The name of the test that shows it. */
  readonly name: string;
  /** The chunks as they are after a journey as JSON, which drops what is `undefined`. */
  readonly chunks: readonly UIMessageChunk[];
}

/** Reads a UI message stream to its end, as JSON. */
export async function record(
  name: string,
  stream: ReadableStream<UIMessageChunk>,
): Promise<RecordedAnswer> {
  const chunks: UIMessageChunk[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { name, chunks: JSON.parse(JSON.stringify(chunks)) };
    chunks.push(value);
  }
}

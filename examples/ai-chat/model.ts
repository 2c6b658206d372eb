import type { LanguageModel } from "ai";

/** A model as the providers of the AI SDK make them. */
export type Model = Extract<LanguageModel, { specificationVersion: "v4" }>;
type CallOptions = Parameters<Model["doStream"]>[0];
type Parts = Awaited<ReturnType<Model["doStream"]>>["stream"];
type Part = Parts extends ReadableStream<infer P> ? P : never;

const THOUGHTS =
  "They ask about tides. A table of today's tides will make the answer concrete, so I look one up first, and then explain what moves the water.";

const ANSWERS: readonly (readonly [RegExp, string])[] = [
  [
    /neap|spring/i,
    `The table shows a range of more than five metres, so today is nearer to a spring tide than to a neap tide.

A neap tide is the smallest tide of the month, and it comes twice: at half moon. The Sun raises tides too, a little less than half as high as the Moon's. At new and full moon both pull along the same line, their bulges add up, and the sea rises highest and falls lowest. Those are the spring tides, which have nothing to do with the season: the water springs up.

A week later the Moon stands at a right angle to the Sun. Each fills the hollow that the other one makes, and the difference between high and low water shrinks to its least. Sailors call that the neaps: currents are weak, and a boat that ran aground at the last spring tide will sit there for a fortnight.`,
  ],
  [
    /two|twice|high/i,
    `The table shows two high tides today, a little more than twelve hours apart. This is why.

The Moon pulls on the near side of the Earth more than on its centre, and on the centre more than on the far side. Seen from the Earth, what is left of that pull stretches the ocean along the line to the Moon: one bulge of water faces it, another one faces away. The second bulge surprises people. It is there because the Earth itself is pulled away from the water on its far side, which is left behind.

The Earth turns beneath both bulges once a day, so a coast meets two of them. The extra minutes are the Moon's doing as well: while the Earth turns once, the Moon moves on a little, and the coast needs most of an hour a day to catch up.`,
  ],
  [
    /./s,
    `This is not a language model. It is a script that answers like one, with a thought, a call of a tool, and a text that comes word by word, so that the example runs without a key.

Everything around it is real. The server calls streamText and gives its stream to publishChat. The gateway keeps every piece of it on the disk. This page reads it with useChat, from the start of the answer.

So reload this page before the answer is complete. The server doesn't notice, because it writes to the chat and not to your tab. Open a second window, and stop the answer there. Kill the gateway: it is started again, and the answer goes on where it was.

Then ask about spring tides.`,
  ],
];

/**
 * Makes a model that needs no key: a script that thinks, calls the tool `tideTable`, and answers word by word.
 *
 * @param pauseMs The pause before each word, in milliseconds.
 */
export function scriptedModel(pauseMs: number = 45): Model {
  return {
    specificationVersion: "v4",
    provider: "example",
    modelId: "script",
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error("It only streams")),
    doStream: (options) =>
      Promise.resolve({ stream: slowly(partsFor(options), pauseMs, options) }),
  };
}

/** Returns what the model writes: a call of the tool, and once that has its result, the answer. */
function* partsFor({ prompt }: CallOptions): Generator<Part> {
  const isAsked = prompt.at(-1)?.role === "user";
  if (isAsked) {
    yield { type: "reasoning-start", id: "thoughts" };
    for (const delta of words(THOUGHTS)) {
      yield { type: "reasoning-delta", id: "thoughts", delta };
    }
    yield { type: "reasoning-end", id: "thoughts" };
    yield* toolCall();
  } else {
    yield { type: "text-start", id: "answer" };
    for (const delta of words(answerTo(prompt))) {
      yield { type: "text-delta", id: "answer", delta };
    }
    yield { type: "text-end", id: "answer" };
  }
  yield {
    type: "finish",
    finishReason: { unified: isAsked ? "tool-calls" : "stop", raw: undefined },
    usage: {
      inputTokens: {
        total: 0,
        noCache: undefined,
        cacheRead: undefined,
        cacheWrite: undefined,
      },
      outputTokens: { total: 0, text: undefined, reasoning: undefined },
    },
  };
}

function* toolCall(): Generator<Part> {
  const call = { toolName: "tideTable", id: crypto.randomUUID() };
  const input = JSON.stringify({ port: "Dover" });
  yield { type: "tool-input-start", ...call };
  for (const [delta] of input.matchAll(/.{1,4}/g)) {
    yield { type: "tool-input-delta", id: call.id, delta };
  }
  yield { type: "tool-input-end", id: call.id };
  yield {
    type: "tool-call",
    toolCallId: call.id,
    toolName: "tideTable",
    input,
  };
}

/** Returns the answer to the last question. */
function answerTo(prompt: CallOptions["prompt"]): string {
  const question = prompt.findLast(({ role }) => role === "user");
  const text = JSON.stringify(question?.content);
  return ANSWERS.find(([subject]) => subject.test(text))?.[1] ?? "";
}

function words(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** Streams parts with a pause before each, until the call's signal aborts. */
function slowly(
  parts: Iterator<Part>,
  pauseMs: number,
  { abortSignal }: CallOptions,
): Parts {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      abortSignal?.throwIfAborted();
      const { value, done } = parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

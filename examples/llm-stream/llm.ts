const ANSWERS: readonly (readonly [RegExp, string])[] = [
  [
    /two|twice|high/i,
    `The Moon pulls on the near side of the Earth more than on its centre, and on the centre more than on the far side.

Seen from the Earth, what is left of that pull stretches the ocean along the line to the Moon: one bulge of water faces it, another one faces away. The second bulge surprises people. It is there because the Earth itself is pulled away from the water on its far side, which is left behind.

The Earth turns beneath both bulges once a day, so a coast meets two of them: two high tides, about twelve hours and twenty-five minutes apart. The extra minutes are the Moon's doing as well: while the Earth turns once, the Moon moves on a little, and the coast needs most of an hour a day to catch up.

Real coasts are less tidy. Basins slosh at rhythms of their own, and a few places, as parts of the Gulf of Mexico, see one high tide a day.`,
  ],
  [
    /neap|spring/i,
    `A neap tide is the smallest tide of the month, and it comes twice: at half moon.

The Sun raises tides too, a little less than half as high as the Moon's. At new and full moon both pull along the same line, their bulges add up, and the sea rises highest and falls lowest. Those are the spring tides, which have nothing to do with the season: the water springs up.

A week later the Moon stands at a right angle to the Sun. Each fills the hollow that the other one makes, and the difference between high and low water shrinks to its least. Sailors call that the neaps: currents are weak, and a boat that ran aground at the last spring tide will sit there for a fortnight.`,
  ],
  [
    /./s,
    `This is not a language model. It is a script that writes like one, a few letters at a time, so that the example runs without a key.

Everything around it is real. The server publishes the text as a data stream, to a channel that belongs to you. The gateway keeps every piece, with an id. The page subscribes from the start of the stream and joins the pieces.

So reload this page before the answer is complete. The server doesn't notice, because it writes to the channel and not to your tab. The new page gets all the earlier text at once, and then each new piece. Open a second tab, or a third: they all read the same stream. Close your laptop for a minute, and the page reconnects and gets what it missed.

Then ask about spring tides.`,
  ],
];

/** Stands in for a language model: yields the answer a few letters at a time, until the signal aborts. */
export async function* complete(
  question: string,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const [, answer = ""] = ANSWERS.find(([topic]) => topic.test(question)) ?? [];
  for (const [token] of answer.matchAll(/\s*\S{1,5}/g)) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (signal?.aborted) return;
    yield token;
  }
}

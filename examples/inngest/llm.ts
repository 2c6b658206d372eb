const BOOKS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/space|star|robot|future/i, [
    "Ursula K. Le Guin: The Dispossessed",
    "Stanisław Lem: Solaris",
    "Becky Chambers: A Closed and Common Orbit",
  ]],
  [/./s, [
    "Rachel Carson: The Sea Around Us",
    "Herman Melville: Moby-Dick",
    "Tove Jansson: The Summer Book",
  ]],
];

/** Stands in for a language model: yields titles of books, one after the other. */
export async function* recommend(taste: string): AsyncGenerator<string> {
  const [, books = []] = BOOKS.find(([topic]) => topic.test(taste)) ?? [];
  for (const book of books) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    yield book;
  }
}

/**
 * Parses a list of names with commas between them, or `all`, from a command line.
 *
 * @throws {RangeError} For a name that is not known.
 */
export function pick<T extends string>(
  what: string,
  given: string,
  known: readonly T[],
): T[] {
  if (given === "all") return [...known];
  return given.split(",").map((name) => {
    const found = known.find((one) => one === name);
    if (found !== undefined) return found;
    throw new RangeError(
      `Unknown ${what} "${name}": use ${known.join(", ")} or all`,
    );
  });
}

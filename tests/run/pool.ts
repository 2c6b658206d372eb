/**
 * Runs tasks, a number of them at a time, and starts the next one as soon as one is done. Returns their results in the order of the tasks.
 *
 * @throws The error of the first task that fails; no task is started after it.
 */
export async function runPool<T>(
  tasks: readonly (() => Promise<T>)[],
  size: number,
): Promise<T[]> {
  const results: T[] = [];
  const waiting = iterate(tasks.entries());
  const work = async (): Promise<void> => {
    // All workers take from one generator, which ends for all of them when a loop throws.
    for (const [index, task] of waiting) {
      results[index] = await task();
    }
  };
  await Promise.all(Array.from({ length: size }, work));
  return results;
}

/** An array's own iterator can't be ended. */
function* iterate<T>(items: Iterable<T>): Generator<T> {
  yield* items;
}

/** Starts actions in the order of the calls, each when what it needs is ready. It doesn't wait for the end of an action. */
export class InCallOrder {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Starts an action after those of all earlier calls have started.
   *
   * @returns The result of the action; rejects with its error, or with that of `ready`.
   */
  async start<T, R>(
    ready: Promise<T>,
    action: (value: T) => Promise<R>,
  ): Promise<R> {
    const before = this.#last;
    const started = (async () => {
      await before;
      const result = action(await ready);
      return { result };
    })();
    this.#last = started.catch(() => undefined);
    // The rejection is reported below, but it may come while earlier calls are awaited.
    ready.catch(() => undefined);
    const { result } = await started;
    return await result;
  }
}

/** Runs an action in another async context, a moment later. Its result is the action's. */
export type InContext = <T>(action: () => Promise<T>) => Promise<T>;

/**
 * Keeps the async context of this call, by which runtimes know the trace that something belongs to.
 *
 * @returns A function that runs actions in that context, one after the other.
 */
export function keepContext(): InContext {
  let run: (action: () => void) => void;

  /** A callback of a promise runs in the context in which it was added, and so does what it adds. */
  function listen(): void {
    const next = Promise.withResolvers<() => void>();
    run = next.resolve;
    void next.promise.then((action) => {
      listen();
      action();
    });
  }
  listen();
  return (action) => new Promise((resolve) => run(() => resolve(action())));
}

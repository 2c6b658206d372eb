/** What stands in for a browser's page. */
export interface FakePage extends Disposable {
  /** Something happens to the page or its network: `online`, `offline`, `visibilitychange`. */
  dispatch(type: string): void;
  /** Lets time pass for `performance.now`: all at once. */
  pass(ms: number): void;
}

/** Puts a value in the place of a global one; gives what undoes that. */
function replace(
  target: object,
  name: string,
  value: unknown,
): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    value,
    configurable: true,
    writable: true,
  });
  return () => {
    if (before) Object.defineProperty(target, name, before);
    else Reflect.deleteProperty(target, name);
  };
}

/** Makes this process look like a page, as far as a connection looks: for what only browsers do. */
export function fakePage({ document = true } = {}): FakePage {
  const events = new EventTarget();
  const now = performance.now.bind(performance);
  let passed = 0;
  const undo = [
    replace(
      globalThis,
      "addEventListener",
      events.addEventListener.bind(events),
    ),
    replace(performance, "now", () => now() + passed),
    ...document ? [replace(globalThis, "document", events)] : [],
  ];
  return {
    dispatch: (type) => events.dispatchEvent(new Event(type)),
    pass: (ms) => passed += ms,
    [Symbol.dispose]() {
      for (const step of undo) step();
    },
  };
}

/** A fake of a browser's page. */
export interface FakePage extends Disposable {
  /** Dispatches an event of the page: `online`, `offline` or `visibilitychange`. */
  dispatch(type: string): void;
  /** Moves the clock of `performance.now` forward. */
  pass(ms: number): void;
}

/** Replaces a global value, and returns a function that restores it. */
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

/** Makes this process look like a page to a connection. */
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

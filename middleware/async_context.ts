/** An AsyncLocalStorage, by its shape: this module imports nothing of Node, so that it loads on every edge. */
interface AsyncStorage {
  getStore(): unknown;
  run<T>(store: unknown, callback: () => T): T;
}

/** Reads a property of something unknown. */
export function property(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ||
      typeof value === "function"
    ? Reflect.get(value, key)
    : undefined;
}

function isAsyncStorage(value: unknown): value is AsyncStorage {
  return typeof property(value, "getStore") === "function" &&
    typeof property(value, "run") === "function";
}

/**
 * The storage in which Inngest's SDKs keep what they execute. Version 3 holds a promise of it, version 4 an
 * object with that promise.
 */
async function inngestStorage(): Promise<AsyncStorage | undefined> {
  const held = property(globalThis, Symbol.for("inngest:als"));
  const storage: unknown = await (property(held, "promise") ?? held);
  return isAsyncStorage(storage) ? storage : undefined;
}

/** What Inngest's SDK notes of the function that runs here; `undefined` outside of one. */
export async function inngestStore(): Promise<unknown> {
  return (await inngestStorage())?.getStore();
}

let own: { readonly of: AsyncStorage; readonly storage: AsyncStorage };

/**
 * A storage of our own, made with the class of Inngest's. `undefined` where the runtime has none: Inngest then
 * puts a stand-in of plain functions there.
 */
export async function stepStorage(): Promise<AsyncStorage | undefined> {
  const theirs = await inngestStorage();
  if (theirs && own?.of !== theirs) {
    const Storage: unknown = property(theirs, "constructor");
    if (typeof Storage !== "function" || Storage === Object) return undefined;
    const storage: unknown = Reflect.construct(Storage, []);
    if (!isAsyncStorage(storage)) return undefined;
    own = { of: theirs, storage };
  }
  return theirs && own.storage;
}

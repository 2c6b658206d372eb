/** The shape of an AsyncLocalStorage. This module imports nothing of Node, so that it loads on every edge runtime. */
interface AsyncStorage {
  getStore(): unknown;
  run<T>(store: unknown, callback: () => T): T;
}

/** Returns a property of an unknown value; `undefined` if the value has no properties. */
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
 * Returns the storage in which Inngest's SDKs keep the running function. Version 3 has a promise of it, version 4 an object with that
 * promise.
 */
async function inngestStorage(): Promise<AsyncStorage | undefined> {
  const held = property(globalThis, Symbol.for("inngest:als"));
  const storage: unknown = await (property(held, "promise") ?? held);
  return isAsyncStorage(storage) ? storage : undefined;
}

/** Returns what Inngest's SDK stores about the running function; `undefined` outside of a function. */
export async function inngestStore(): Promise<unknown> {
  return (await inngestStorage())?.getStore();
}

let own: { readonly of: AsyncStorage; readonly storage: AsyncStorage };

/**
 * Returns a storage for steps, made with the class of Inngest's storage. Returns `undefined` if the runtime has no such class: Inngest then
 * uses an object of plain functions.
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

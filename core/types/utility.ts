/** The type of data that has no type: `any`, as `JSON.parse` returns it and as Inngest's types have it. */
export type Untyped = ReturnType<typeof JSON.parse>;

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** The same tuple or array without `readonly`, as the topics of Inngest's tokens are typed. */
export type Mutable<T extends readonly unknown[]> = {
  -readonly [K in keyof T]: T[K];
};

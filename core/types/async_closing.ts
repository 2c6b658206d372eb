/** The key with which `await using` closes an object; `never` where the compiler's library does not declare it. */
export type AsyncDisposeKey = SymbolConstructor extends
  { readonly asyncDispose: infer Key extends symbol } ? Key
  : never;

/**
 * The method with which `await using` closes an object. It is declared where the compiler's library knows `Symbol.asyncDispose`, so that
 * programs with an older library compile as well.
 */
export type AsyncClosing = {
  [Key in AsyncDisposeKey]: () => Promise<void>;
};

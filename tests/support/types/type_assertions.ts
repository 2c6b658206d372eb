/**
 * Assertions that the type checker makes.
 *
 * @module
 */

/** `true` if two types are the same, not only assignable to each other. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** `true` if a type is `any`. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** Compiles only with the argument `true`. */
export type Expect<T extends true> = T;

/** A value of a type, for programs that are type-checked and never run. */
export declare function value<T>(): T;

/**
 * Assertions that the type checker makes.
 *
 * @module
 */

/** Whether two types are the same, not only assignable. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Whether a type is `any`. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** Compiles only where the argument is `true`. */
export type Expect<T extends true> = T;

/** A value of a type, for programs that are only checked. */
export declare function value<T>(): T;

/**
 * The types of Inngest's two middlewares. Version 4's is described by its shape. Version 3 finds what a middleware
 * adds to a function's arguments only through its own generic class, so that one has to be named: from the
 * `inngest` that the app has, and only where it has version 3. Nothing of it is imported at run time.
 *
 * @module
 */
import type * as inngest from "inngest";
import type { Realtime } from "../core/types/realtime.ts";

/** What the middleware adds to the arguments of a function's handler. */
// A type, as an interface has no index signature and version 3 asks for one.
export type RealtimeContext = {
  /** Publishes a message from inside the function. */
  readonly publish: Realtime.PublishFn;
};

/** What JSON leaves out of objects, and makes `null` in lists. */
export type NotOfJson = undefined | symbol | ((...args: never) => unknown);

/** A property's name where JSON always has it (`always`), or only while it is not `undefined` (`maybe`). */
export type JsonKey<K, V, TWhen extends "always" | "maybe"> = K extends symbol
  ? never
  : unknown extends V ? (TWhen extends "always" ? K : never)
  : [V] extends [NotOfJson] ? never
  : TWhen extends (undefined extends V ? "maybe" : "always") ? K
  : never;

/** What is left of a type when a value of it went through JSON, as the results of steps do. */
export type Jsonified<T> = unknown extends T ? T
  : T extends string | number | boolean | null ? T
  : T extends { toJSON(): infer J } ? Jsonified<J>
  : T extends NotOfJson | bigint ? never
  : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
    ? Record<never, never>
  : T extends readonly unknown[]
    ? { [K in keyof T]: T[K] extends NotOfJson ? null : Jsonified<T[K]> }
  : T extends object ? JsonifiedObject<T>
  : never;

/** An object without what JSON leaves out of it. */
export type JsonifiedObject<T> =
  & { [K in keyof T as JsonKey<K, T[K], "always">]: Jsonified<T[K]> }
  & {
    [K in keyof T as JsonKey<K, T[K], "maybe">]?: Jsonified<
      Exclude<T[K], undefined>
    >;
  } extends infer U ? { [K in keyof U]: U[K] } : never;

/** That the middleware changes nothing of what functions and steps return. */
export interface JsonTransform {
  /** What it gets. */
  In: unknown;
  /** What it gives. */
  Out: Jsonified<this["In"]>;
}

/** What Inngest version 4 makes of {@linkcode RealtimeMiddlewareClass}, once for a request. */
export interface RealtimeMiddlewareInstance {
  /** Its name in Inngest's logs. */
  readonly id: string;
  /** The Inngest client, for Inngest's types only. */
  readonly client: never;
  /** Leaves the results of functions as they are. */
  functionOutputTransform: JsonTransform;
  /** Leaves the results of steps as they are. */
  stepOutputTransform: JsonTransform;
  /** Adds `publish` to the arguments of a function. */
  transformFunctionInput<A extends { ctx: object }>(
    arg: A,
  ): A & { ctx: RealtimeContext };
}

/** The middleware as Inngest version 4 takes it. */
export interface RealtimeMiddlewareClass {
  /** Called by Inngest, for each request. */
  new (args: { client: object }): RealtimeMiddlewareInstance;
}

/** The middleware as Inngest version 3 takes it. */
export interface RealtimeMiddlewareOptions {
  /** Its name in Inngest's logs. */
  name: string;
  /** Registers it with a client. */
  init(args: { client: object }): {
    onFunctionRun(
      run: object,
    ): { transformInput(input: object): { ctx: RealtimeContext } };
  };
}

/** Version 3's class for middleware, where the app has version 3; there is no such value at run time. */
export declare const InngestMiddleware: unknown extends typeof inngest
  ? new <T>(options: T) => unknown
  : typeof inngest extends { InngestMiddleware: infer Class } ? Class
  : new <T>(options: T) => unknown;

/** The middleware, as the `inngest` that the app has takes it. */
export type RealtimeMiddleware = unknown extends typeof inngest
  ? RealtimeMiddlewareClass
  : typeof inngest extends { InngestMiddleware: unknown } ? InstanceType<
      typeof InngestMiddleware<RealtimeMiddlewareOptions>
    >
  : RealtimeMiddlewareClass;

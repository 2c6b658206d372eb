/**
 * The types of the middlewares of both majors of Inngest. Version 4's is described by its shape. Version 3 infers the arguments that a
 * middleware adds only from its own generic class. That class is therefore taken from the app's `inngest` package if that is version 3.
 * Nothing of it is imported at run time.
 *
 * @module
 */
import type * as inngest from "inngest";
import type { Realtime } from "../core/types/realtime.ts";

/** The arguments that the middleware adds to a function's handler. */
// Version 3 requires an index signature, which a type has but an interface does not.
export type RealtimeContext = {
  /** Publishes a message from inside the function. */
  readonly publish: Realtime.PublishFn;
};

/** The types that JSON leaves out of objects and turns into `null` in lists. */
export type NotOfJson = undefined | symbol | ((...args: never) => unknown);

/** A property's name if JSON always has the property (`always`), or only while it is not `undefined` (`maybe`). */
export type JsonKey<K, V, TWhen extends "always" | "maybe"> = K extends symbol
  ? never
  : unknown extends V ? (TWhen extends "always" ? K : never)
  : [V] extends [NotOfJson] ? never
  : TWhen extends (undefined extends V ? "maybe" : "always") ? K
  : never;

/** The type of a value that went through JSON, as the results of steps do. */
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

/** An object type without the properties that JSON leaves out. */
export type JsonifiedObject<T> =
  & { [K in keyof T as JsonKey<K, T[K], "always">]: Jsonified<T[K]> }
  & {
    [K in keyof T as JsonKey<K, T[K], "maybe">]?: Jsonified<
      Exclude<T[K], undefined>
    >;
  } extends infer U ? { [K in keyof U]: U[K] } : never;

/** The transform of a middleware that changes no results of functions and steps, besides the way through JSON. */
export interface JsonTransform {
  /** The type before. */
  In: unknown;
  /** The type after. */
  Out: Jsonified<this["In"]>;
}

/** An instance of {@linkcode RealtimeMiddlewareClass}, which Inngest version 4 creates for each request. */
export interface RealtimeMiddlewareInstance {
  /** The middleware's name in Inngest's logs. */
  readonly id: string;
  /** The Inngest client, for Inngest's types only. */
  readonly client: never;
  /** Leaves the results of functions unchanged. */
  functionOutputTransform: JsonTransform;
  /** Leaves the results of steps unchanged. */
  stepOutputTransform: JsonTransform;
  /** Adds `publish` to the arguments of a function. */
  transformFunctionInput<A extends { ctx: object }>(
    arg: A,
  ): A & { ctx: RealtimeContext };
}

/** The middleware in the form of Inngest version 4. */
export interface RealtimeMiddlewareClass {
  /** Called by Inngest, for each request. */
  new (args: { client: object }): RealtimeMiddlewareInstance;
}

/** The middleware in the form of Inngest version 3. */
export interface RealtimeMiddlewareOptions {
  /** The middleware's name in Inngest's logs. */
  name: string;
  /** Registers the middleware with a client. */
  init(args: { client: object }): {
    onFunctionRun(
      run: object,
    ): { transformInput(input: object): { ctx: RealtimeContext } };
  };
}

/** Version 3's class for middleware, if the app has version 3. The value does not exist at run time. */
export declare const InngestMiddleware: unknown extends typeof inngest
  ? new <T>(options: T) => unknown
  : typeof inngest extends { InngestMiddleware: infer Class } ? Class
  : new <T>(options: T) => unknown;

/** The middleware in the form that the app's `inngest` package requires. */
export type RealtimeMiddleware = unknown extends typeof inngest
  ? RealtimeMiddlewareClass
  : typeof inngest extends { InngestMiddleware: unknown } ? InstanceType<
      typeof InngestMiddleware<RealtimeMiddlewareOptions>
    >
  : RealtimeMiddlewareClass;

/** What a schema found wrong with data. */
export interface StandardIssue {
  /** What is wrong, for people. */
  readonly message: string;
  /** Where it is wrong: the keys that lead to it. */
  readonly path?:
    | ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>
    | undefined;
}

/** What a schema makes of data, or what it found wrong with them. */
export type StandardResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** What zod, valibot, arktype and others agreed that a schema has: https://standardschema.dev. */
export interface StandardSchema<TInput = unknown, TOutput = TInput> {
  /** What they agreed on. */
  readonly "~standard": {
    /** The agreement's version. */
    readonly version: 1;
    /** The library. */
    readonly vendor: string;
    /** Checks data. */
    readonly validate: (
      value: unknown,
    ) => StandardResult<TOutput> | Promise<StandardResult<TOutput>>;
    /** For types only: what it takes and what it makes of that. */
    readonly types?:
      | { readonly input: TInput; readonly output: TOutput }
      | undefined;
  };
}

/** What a schema takes. */
export type SchemaInput<TSchema extends StandardSchema> = NonNullable<
  TSchema["~standard"]["types"]
>["input"];

/** What a schema makes of what it takes. */
export type SchemaOutput<TSchema extends StandardSchema> = NonNullable<
  TSchema["~standard"]["types"]
>["output"];

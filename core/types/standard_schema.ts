/** One problem that a schema found in data. */
export interface StandardIssue {
  /** The problem, in words for people. */
  readonly message: string;
  /** The keys that lead to the invalid part of the data. */
  readonly path?:
    | ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>
    | undefined;
}

/** The outcome of a validation: the output, or the issues. */
export type StandardResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** A schema of zod, valibot, arktype or any other library that follows https://standardschema.dev. */
export interface StandardSchema<TInput = unknown, TOutput = TInput> {
  /** The part that all these libraries share. */
  readonly "~standard": {
    /** The version of Standard Schema. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Validates data. */
    readonly validate: (
      value: unknown,
    ) => StandardResult<TOutput> | Promise<StandardResult<TOutput>>;
    /** Holds the input and output types. It has no value at run time. */
    readonly types?:
      | { readonly input: TInput; readonly output: TOutput }
      | undefined;
  };
}

/** The type of the data that a schema accepts. */
export type SchemaInput<TSchema extends StandardSchema> = NonNullable<
  TSchema["~standard"]["types"]
>["input"];

/** The type of the data that a schema returns. */
export type SchemaOutput<TSchema extends StandardSchema> = NonNullable<
  TSchema["~standard"]["types"]
>["output"];

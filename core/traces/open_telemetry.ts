import type {
  Context,
  ContextManager,
  TracerProvider,
} from "@opentelemetry/api";

/** The part that is used of what an app, or Deno itself, registered with OpenTelemetry. */
export interface OpenTelemetry {
  readonly tracers: TracerProvider;
  /** The context of what runs now, if a context manager keeps one. */
  readonly active: Context | undefined;
  /** Runs a function in a context. */
  run<T>(context: Context, action: () => T): T;
}

/**
 * The name under which every copy of `@opentelemetry/api` 1.x, and Deno's own exporter, registers with `globalThis`. Reading it needs no
 * import: an app without that package can be bundled, one whose bundle has its own copy is traced too, and the first publish waits for
 * nothing.
 */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

interface Global {
  readonly [REGISTRY]?: {
    readonly trace?: TracerProvider;
    readonly context?: ContextManager;
  };
}

/** The key of the span in a context, the same for every copy of `@opentelemetry/api`. */
export const SPAN_KEY: symbol = Symbol.for("OpenTelemetry Context Key SPAN");

/** Returns what is registered with OpenTelemetry; `undefined` where nothing records spans. */
export function openTelemetry(): OpenTelemetry | undefined {
  const { trace: tracers, context: contexts } =
    (globalThis as Global)[REGISTRY] ?? {};
  if (!tracers) return undefined;
  return {
    tracers,
    active: contexts?.active(),
    run: (context, action) =>
      contexts ? contexts.with(context, action) : action(),
  };
}

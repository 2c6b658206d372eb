import { appOf, type RealtimeOptions } from "./app.ts";
import { property } from "./async_context.ts";
import { type FunctionRun, isFailureHandler, readRun } from "./function_run.ts";
import type { RealtimeContext, RealtimeMiddleware } from "./inngest_types.ts";
import {
  type Lifecycle,
  publishRunUpdate,
  type RunUpdate,
  toRunError,
} from "./lifecycle.ts";
import { createRunPublish } from "./run_publisher.ts";
import { executingStepId, StepScope } from "./step_scope.ts";

/** What {@linkcode realtimeMiddleware} takes. */
export interface RealtimeMiddlewareConfig extends RealtimeOptions {
  /**
   * Where to publish how runs stand, for `useRealtime`: `running`, `completed` with the result, `failed` with the error. A
   * run is cancelled outside of the app: for `cancelled` see {@linkcode cancelledRunHandler}.
   *
   * @default {nowhere}
   */
  lifecycle?: Lifecycle;
  /**
   * Called when the state of a run can't be published: the run itself goes on.
   *
   * @default {console.error}
   */
  onError?: (error: unknown) => void;
}

type Handler = (...args: unknown[]) => unknown;

/** Of Inngest's step tools, what is used here. */
interface StepTools {
  run(id: unknown, handler: Handler, ...input: unknown[]): Promise<never>;
}

/** What version 4 hands to the hooks of a middleware, as far as it is used here. */
interface HookArgs {
  readonly ctx: { readonly step: StepTools };
  readonly fn: unknown;
}

/** What version 3 hands to them. */
interface RunInfo {
  readonly ctx: unknown;
  readonly fn: unknown;
  readonly steps: readonly unknown[];
}

/**
 * The middleware that gives Inngest functions `publish`, for clients of version 3 and 4.
 *
 * Inside `step.run`, `publish` publishes at once, and a retry of the step does not publish again what the attempt before
 * has published: the nth message of a step is one message, for 2 minutes. Outside of steps `publish` is a step of its own,
 * so that a replay of the function publishes nothing. Streams are published as data streams: make them inside a step, for
 * outside of one every replay makes them anew.
 *
 * @param options Where the gateway is, and where to publish how runs stand.
 *
 * @example
 * ```ts
 * import { Inngest } from "inngest";
 * import { realtimeMiddleware } from "@tidings/realtime/middleware";
 *
 * const inngest = new Inngest({ id: "my-app", middleware: [realtimeMiddleware()] });
 *
 * const greet = inngest.createFunction(
 *   { id: "greet", triggers: [{ event: "app/greet" }] },
 *   async ({ event, publish }) => {
 *     await publish({ channel: `user:${event.data.userId}`, topic: "ai", data: "Hello" });
 *   },
 * );
 * ```
 */
export function realtimeMiddleware(
  options: RealtimeMiddlewareConfig = {},
): RealtimeMiddleware {
  const app = appOf(options);
  const { lifecycle, onError = console.error } = options;

  async function report(run: FunctionRun, update: RunUpdate): Promise<void> {
    if (lifecycle === undefined || isFailureHandler(run)) return;
    try {
      await publishRunUpdate(app, lifecycle, run, update);
    } catch (error) {
      onError(error);
    }
  }

  function context(
    run: FunctionRun,
    scope: StepScope,
    step: StepTools,
  ): RealtimeContext {
    return {
      publish: createRunPublish({
        app,
        run,
        scope,
        stepRun: (id, handler) => step.run(id, handler),
      }),
    };
  }

  /** Version 4 makes one for each request; version 3 calls `init` of the class itself. */
  class InngestRealtime {
    static readonly [Symbol.toStringTag] = "Inngest.Middleware";

    readonly id = "tidings";
    readonly client: unknown;
    readonly #scope = new StepScope();

    constructor({ client }: { client: unknown }) {
      this.client = client;
    }

    transformFunctionInput<T extends HookArgs>(args: T): T {
      const { ctx, fn } = args;
      const run = readRun(ctx, fn, this.client);
      return {
        ...args,
        ctx: { ...ctx, ...context(run, this.#scope, ctx.step) },
      };
    }

    async wrapStepHandler(
      { next, stepInfo }: {
        next: () => Promise<unknown>;
        stepInfo: { readonly hashedId: string };
      },
    ): Promise<unknown> {
      return await this.#scope.enter(stepInfo.hashedId, next);
    }

    async onRunStart({ ctx, fn }: HookArgs): Promise<void> {
      await report(readRun(ctx, fn, this.client), { status: "running" });
    }

    async onRunComplete(
      { ctx, fn, output }: HookArgs & { readonly output: unknown },
    ): Promise<void> {
      await report(readRun(ctx, fn, this.client), {
        status: "completed",
        result: output ?? null,
      });
    }

    async onRunError(
      { ctx, fn, error, isFinalAttempt }: HookArgs & {
        readonly error: unknown;
        readonly isFinalAttempt: boolean;
      },
    ): Promise<void> {
      if (!isFinalAttempt) return;
      await report(readRun(ctx, fn, this.client), {
        status: "failed",
        error: toRunError(error),
      });
    }

    static init({ client }: { client: unknown }): unknown {
      return {
        onFunctionRun: (info: RunInfo) => hooksOfVersion3(info, client),
      };
    }
  }

  function hooksOfVersion3(info: RunInfo, client: unknown): unknown {
    const run = readRun(info.ctx, info.fn, client);
    const scope = new StepScope();
    const isFirst = info.steps.length === 0 &&
      property(info.ctx, "attempt") === 0;
    return {
      async transformInput({ ctx }: HookArgs) {
        const step = scoped(ctx.step, scope);
        if (isFirst) await report(run, { status: "running" });
        return { ctx: { ...context(run, scope, step), step } };
      },
      async finished(
        { result: { data, error } }: {
          result: { readonly data?: unknown; readonly error?: unknown };
        },
      ) {
        if (error === undefined) {
          await report(run, { status: "completed", result: data ?? null });
        } else if (isFinal(error, info)) {
          await report(run, { status: "failed", error: toRunError(error) });
        }
      },
    };
  }

  return InngestRealtime as unknown as RealtimeMiddleware;
}

/** Version 3 has no hook around a step's handler. */
function scoped(step: StepTools, scope: StepScope): StepTools {
  return {
    ...step,
    run: (id, handler, ...input) =>
      step.run(id, async (...args) => {
        const stepId = await executingStepId();
        return await (stepId === undefined
          ? handler(...args)
          : scope.enter(stepId, () => handler(...args)));
      }, ...input),
  };
}

/** Whether Inngest will try a function again after an error, as version 3's executor decides it. */
function isFinal(error: unknown, { ctx, fn }: RunInfo): boolean {
  const retries = property(property(fn, "opts"), "retries") ?? 3;
  const attempts = property(ctx, "maxAttempts") ?? Number(retries) + 1;
  return property(error, "name") === "NonRetriableError" ||
    // The error of a step that was tried for the last time.
    property(error, "stepId") !== undefined ||
    Number(property(ctx, "attempt")) + 1 >= Number(attempts);
}

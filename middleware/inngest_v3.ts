import { property } from "./async_context.ts";
import { readRun } from "./function_run.ts";
import type { RealtimeContext } from "./inngest_types.ts";
import { toRunError } from "./lifecycle.ts";
import type { RunActions, StepTools } from "./run_actions.ts";
import { executingStepId, StepScope } from "./step_scope.ts";

/** The arguments of `onFunctionRun`. */
export interface RunInfo {
  readonly ctx: unknown;
  readonly fn: unknown;
  readonly steps: readonly unknown[];
}

/** The hooks for one run. */
export interface RunHooks {
  transformInput(
    input: { readonly ctx: { readonly step: StepTools } },
  ): Promise<{ ctx: RealtimeContext & { readonly step: StepTools } }>;
  finished(
    output: {
      readonly result: { readonly data?: unknown; readonly error?: unknown };
    },
  ): Promise<void>;
}

/** Makes the hooks with which Inngest version 3 calls a middleware during one run. */
export function hooksOfVersion3(
  info: RunInfo,
  client: unknown,
  { report, context }: RunActions,
): RunHooks {
  const run = readRun(info.ctx, info.fn, client);
  const scope = new StepScope();
  const isFirst = info.steps.length === 0 &&
    property(info.ctx, "attempt") === 0;
  return {
    async transformInput({ ctx }) {
      const step = scopedTools(ctx.step, scope);
      if (isFirst) await report(run, { status: "running" });
      return { ctx: { ...context(run, scope, step), step } };
    },
    async finished({ result: { data, error } }) {
      if (error === undefined) {
        await report(run, { status: "completed", result: data ?? null });
      } else if (isFinal(error, info)) {
        await report(run, { status: "failed", error: toRunError(error) });
      }
    },
  };
}

/** Wraps the step tools so that the scope knows each step: version 3 has no hook around a step's handler. */
function scopedTools(step: StepTools, scope: StepScope): StepTools {
  return {
    ...step,
    run: (id, handler, ...input) =>
      step.run(id, async (...args) => {
        const stepId = await executingStepId();
        if (stepId === undefined) return await handler(...args);
        return await scope.enter(stepId, () => handler(...args));
      }, ...input),
  };
}

/** Tells whether Inngest will not retry the function after an error, by the rules of version 3's executor. */
function isFinal(error: unknown, { ctx, fn }: RunInfo): boolean {
  const retries = property(property(fn, "opts"), "retries") ?? 3;
  const attempts = property(ctx, "maxAttempts") ?? Number(retries) + 1;
  return property(error, "name") === "NonRetriableError" ||
    // The error of a step that has no attempts left.
    property(error, "stepId") !== undefined ||
    Number(property(ctx, "attempt")) + 1 >= Number(attempts);
}

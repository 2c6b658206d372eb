import type { RealtimeApp } from "../core/types/realtime.ts";
import { property } from "./async_context.ts";
import { readRun } from "./function_run.ts";
import { redirectStepTools } from "./inngest_realtime.ts";
import { type ReportRun, toRunError } from "./lifecycle.ts";
import { maxAttemptsOf } from "./retry_window.ts";
import { createRunPublish, type StepTools } from "./run_publisher.ts";
import { executingStepId, StepScope } from "./step_scope.ts";

/** The arguments of `onFunctionRun`. */
export interface RunInfo {
  readonly ctx: unknown;
  readonly fn: unknown;
  readonly steps: readonly unknown[];
}

/** The arguments of `finished`. */
interface FinishedArgs {
  readonly result: { readonly data?: unknown; readonly error?: unknown };
}

/** Makes the hooks with which Inngest version 3 calls a middleware during one run. */
export function hooksOfVersion3(
  info: RunInfo,
  client: unknown,
  app: RealtimeApp,
  report: ReportRun,
): object {
  const run = readRun(info.ctx, info.fn, client);
  const scope = new StepScope();
  const isFirst = info.steps.length === 0 &&
    property(info.ctx, "attempt") === 0;
  return {
    async transformInput({ ctx }: { readonly ctx: { step: StepTools } }) {
      const step = scopedTools(ctx.step, scope);
      if (isFirst) await report(run, { status: "running" });
      const publish = createRunPublish(app, run, scope, step);
      redirectStepTools(ctx.step, step, publish);
      return { ctx: { publish, step } };
    },
    async finished({ result: { data, error } }: FinishedArgs) {
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
  return property(error, "name") === "NonRetriableError" ||
    // The error of a step that has no attempts left.
    property(error, "stepId") !== undefined ||
    Number(property(ctx, "attempt")) + 1 >= maxAttemptsOf(ctx, fn);
}

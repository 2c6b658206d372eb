import type { RealtimeApp } from "../core/types/realtime.ts";
import { type FunctionRun, isFailureHandler } from "./function_run.ts";
import type { RealtimeContext } from "./inngest_types.ts";
import {
  type Lifecycle,
  publishRunUpdate,
  type RunUpdate,
} from "./lifecycle.ts";
import { createRunPublish } from "./run_publisher.ts";
import type { StepScope } from "./step_scope.ts";

/** The handler of a step. */
export type StepHandler = (...args: unknown[]) => unknown;

/** The part of Inngest's step tools that is used here. */
export interface StepTools {
  run(id: unknown, handler: StepHandler, ...input: unknown[]): Promise<never>;
}

/** The actions of the middleware during a run, whichever version of Inngest calls it. */
export interface RunActions {
  /** Publishes the run's status, if the app asks for it. A failure is passed to `onError`. */
  report(run: FunctionRun, update: RunUpdate): Promise<void>;
  /** Makes the arguments that are added to those of the function's handler. */
  context(run: FunctionRun, scope: StepScope, step: StepTools): RealtimeContext;
}

/** Makes the actions of a middleware. */
export function createRunActions(
  app: RealtimeApp,
  lifecycle: Lifecycle | undefined,
  onError: (error: unknown) => void,
): RunActions {
  return {
    async report(run, update) {
      if (lifecycle === undefined || isFailureHandler(run)) return;
      try {
        await publishRunUpdate(app, lifecycle, run, update);
      } catch (error) {
        onError(error);
      }
    },
    context: (run, scope, step) => ({
      publish: createRunPublish({
        app,
        run,
        scope,
        stepRun: (id, handler) => step.run(id, handler),
      }),
    }),
  };
}

import { appOf, type RealtimeOptions } from "./app.ts";
import { type PublishingRun, readRun } from "./function_run.ts";
import { redirectPublish, redirectStepTools } from "./inngest_realtime.ts";
import { hooksOfVersion3, type RunInfo } from "./inngest_v3.ts";
import type { RealtimeMiddleware } from "./inngest_types.ts";
import { createReportRun, type Lifecycle, toRunError } from "./lifecycle.ts";
import { createRunPublish, type StepTools } from "./run_publisher.ts";
import { StepScope } from "./step_scope.ts";

/** The options of {@linkcode realtimeMiddleware}. */
export interface RealtimeMiddlewareConfig extends RealtimeOptions {
  /**
   * The target for messages about the status of runs, which `useRealtime` shows: `running`, `completed` with the result, `failed` with the
   * error. Runs are cancelled outside of the app: for `cancelled` see {@linkcode cancelledRunHandler}.
   *
   * @default {none: no status is published}
   */
  lifecycle?: Lifecycle | undefined;
  /**
   * Called when the status of a run can't be published. The run itself continues.
   *
   * @default {console.error}
   */
  onError?: ((error: unknown) => void) | undefined;
}

/** The arguments of version 4's hooks, as far as they are used here. */
interface HookArgs {
  readonly ctx: { readonly step: StepTools };
  readonly fn: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly isFinalAttempt?: boolean;
}

/**
 * Makes the middleware that gives Inngest functions `publish`, for clients of version 3 and 4.
 *
 * Inside `step.run`, `publish` publishes at once. A retry of the step does not publish again what an earlier attempt has published: the nth
 * message of a step is one message, for as long as Inngest's own retries may last (23 minutes for 4 attempts, at most a day). Outside of
 * steps `publish` is a step of its own, so that a replay of the function publishes nothing. Streams are published as data streams. Make them
 * inside a step: outside of steps every replay makes them again.
 *
 * The SDK's own `step.realtime.publish` and `inngest.realtime.publish` publish to the gateway, too. A middleware of one function does so only
 * in that function.
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
  const { lifecycle, onError = console.error } = options;
  const app = appOf(options);
  const report = createReportRun(app, lifecycle, onError);

  /** Version 4 creates an instance for each request; version 3 calls the static `init`. */
  class InngestRealtime {
    static readonly [Symbol.toStringTag] = "Inngest.Middleware";

    readonly id = "tidings";
    readonly client: unknown;
    readonly #scope = new StepScope();

    constructor({ client }: { client: unknown }) {
      this.client = client;
    }

    transformFunctionInput<T extends HookArgs>(args: T): T {
      const { ctx } = args;
      const run = this.#run(args);
      const publish = createRunPublish(app, run, this.#scope, ctx.step);
      redirectStepTools(ctx.step, ctx.step, publish);
      return { ...args, ctx: { ...ctx, publish } };
    }

    async wrapStepHandler(
      { next, stepInfo }: {
        next: () => Promise<unknown>;
        stepInfo: { readonly hashedId: string };
      },
    ): Promise<unknown> {
      return await this.#scope.enter(stepInfo.hashedId, next);
    }

    async onRunStart(args: HookArgs): Promise<void> {
      await report(this.#run(args), { status: "running" });
    }

    async onRunComplete(args: HookArgs): Promise<void> {
      const result = args.output ?? null;
      await report(this.#run(args), { status: "completed", result });
    }

    async onRunError(args: HookArgs): Promise<void> {
      if (!args.isFinalAttempt) return;
      const error = toRunError(args.error);
      await report(this.#run(args), { status: "failed", error });
    }

    #run({ ctx, fn }: HookArgs): PublishingRun {
      return readRun(ctx, fn, this.client);
    }

    static onRegister({ client, fn }: { client: unknown; fn: unknown }): void {
      redirectPublish(app, client, fn);
    }

    static init({ client, fn }: { client: unknown; fn?: unknown }): object {
      redirectPublish(app, client, fn);
      return {
        onFunctionRun: (info: RunInfo) =>
          hooksOfVersion3(info, client, app, report),
      };
    }
  }

  return InngestRealtime as unknown as RealtimeMiddleware;
}

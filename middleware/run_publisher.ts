import {
  isTopicRef,
  resolveCheckedInput,
} from "../core/publish/message_input.ts";
import {
  discardSource,
  isStreamSource,
} from "../core/publish/stream_source.ts";
import type {
  Publication,
  PublishFn,
  PublishOptions,
  Realtime,
  RealtimeApp,
} from "../core/types/realtime.ts";
import { InCallOrder } from "./in_call_order.ts";
import { messageKey, type PublishingRun, runFields } from "./function_run.ts";
import type { StepAttempt, StepScope } from "./step_scope.ts";

/** The part of Inngest's step tools that is used here. */
export interface StepTools {
  run(
    id: unknown,
    handler: (...args: unknown[]) => unknown,
    ...input: unknown[]
  ): Promise<never>;
}

/** Publishes the messages of runs, in the order of the calls. */
export class RunPublisher {
  readonly #app: RealtimeApp;
  readonly #order = new InCallOrder();

  constructor(app: RealtimeApp) {
    this.#app = app;
  }

  /** Publishes a message of a run: in a step with an idempotency key, else at once and each time. */
  publish(
    run: PublishingRun,
    attempt: StepAttempt | undefined,
    message: Promise<Realtime.Message.Input>,
    options?: PublishOptions,
  ): Promise<Publication> {
    return this.#order.start(
      optionsOf(run, attempt, options),
      (options) => this.#app.publish(message, options),
    );
  }
}

async function optionsOf(
  run: PublishingRun,
  attempt: StepAttempt | undefined,
  options?: PublishOptions,
): Promise<PublishOptions> {
  const key = attempt &&
    await messageKey([run.runId, attempt.stepId, attempt.published++]);
  return {
    ...await runFields(run),
    ...key && { key },
    ...withoutUndefined(options),
  };
}

/**
 * Makes the `publish` of one run.
 *
 * Inside a step it publishes at once. The idempotency key is made of the step and of the number of messages that the step has published
 * before, so that a retry of the step publishes nothing twice. Outside of steps, `publish` is a step of its own.
 */
export function createRunPublish(
  app: RealtimeApp,
  run: PublishingRun,
  scope: StepScope,
  step: StepTools,
): PublishFn {
  const publisher = new RunPublisher(app);

  async function inStep(
    message: Promise<Realtime.Message.Input>,
    options: PublishOptions | undefined,
  ): Promise<Publication> {
    const attempt = await scope.current();
    return await publisher.publish(run, attempt, message, options);
  }

  async function publish(
    target: Parameters<typeof resolveCheckedInput>[0],
    ...rest: unknown[]
  ): Promise<Publication> {
    const options = rest[isTopicRef(target) ? 1 : 0] as
      | PublishOptions
      | undefined;
    const message = resolveCheckedInput(target, rest[0]);
    // The rejection is handled below, but it may come before.
    message.catch(() => {});
    if (await scope.current()) return await inStep(message, options);

    const { channel, data } = await message;
    let isPublished = false;
    // The same step id as in Inngest's own package, so that runs continue after the app has changed to this package.
    const publication = await step.run(`publish:${channel}`, () => {
      isPublished = true;
      return inStep(message, options);
    });
    // A replay made a stream that is not read.
    if (!isPublished && isStreamSource(data)) discardSource(data);
    return publication;
  }
  return publish;
}

/** Copies options without the fields that are `undefined`, which would hide the defaults of a run. */
function withoutUndefined(options: PublishOptions = {}): PublishOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}

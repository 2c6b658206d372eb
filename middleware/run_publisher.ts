import {
  isTopicRef,
  resolveMessageInput,
} from "../core/publish/message_input.ts";
import { isStreamSource } from "../core/publish/stream_source.ts";
import type {
  Publication,
  PublishFn,
  PublishOptions,
  Realtime,
  RealtimeApp,
} from "../core/types/realtime.ts";
import { type FunctionRun, messageKey, runFields } from "./function_run.ts";
import type { StepScope } from "./step_scope.ts";

/** Inngest's `step.run`: runs a function once in a run, and gives what it returned in every replay. */
export type StepRun = (
  id: string,
  handler: () => Promise<Publication>,
) => Promise<Publication>;

/** What publishing inside a function needs. */
export interface RunPublisher {
  readonly app: RealtimeApp;
  readonly run: FunctionRun;
  readonly scope: StepScope;
  readonly stepRun: StepRun;
}

/** What `publish` is called with first. */
type Target = Parameters<typeof resolveMessageInput>[0];

/**
 * Makes the `publish` of one run.
 *
 * Inside a step it publishes at once; the message's key is the step and how many messages it published before, so that a
 * retry of the step publishes nothing twice. Outside it is a step of its own.
 */
export function createRunPublish(
  { app, run, scope, stepRun }: RunPublisher,
): PublishFn {
  async function inStep(
    message: Promise<Realtime.Message.Input>,
    options: PublishOptions | undefined,
  ): Promise<Publication> {
    const attempt = await scope.current();
    const key = attempt &&
      await messageKey([run.runId, attempt.stepId, attempt.published++]);
    return await app.publish(await message, {
      ...await runFields(run),
      ...key && { key },
      ...options,
    });
  }

  async function publish(
    target: Target,
    ...rest: unknown[]
  ): Promise<Publication> {
    const options = rest[isTopicRef(target) ? 1 : 0] as
      | PublishOptions
      | undefined;
    const message = resolveMessageInput(target, rest[0]);
    // Seen to below, but maybe not before it rejects.
    message.catch(() => {});
    if (await scope.current()) return await inStep(message, options);

    const { channel, data } = await message;
    let isPublished = false;
    // The id that it has in Inngest's own package: a run goes on where it stood when the app was moved.
    const publication = await stepRun(`publish:${channel}`, () => {
      isPublished = true;
      return inStep(message, options);
    });
    if (!isPublished && isStreamSource(data) && typeof data !== "function") {
      await discard(data);
    }
    return publication;
  }
  return publish;
}

/** Ends a stream that a replay made and nobody will read. */
async function discard(
  stream: ReadableStream | AsyncIterable<unknown>,
): Promise<void> {
  if ("cancel" in stream) await stream.cancel();
  else await stream[Symbol.asyncIterator]().return?.();
}

import {
  isTopicRef,
  resolveCheckedInput,
} from "../core/publish/message_input.ts";
import type {
  MaybePromise,
  PublishFn,
  Realtime,
  RealtimeApp,
} from "../core/types/realtime.ts";
import { inngestStore, property } from "./async_context.ts";
import { readRun } from "./function_run.ts";
import { RunPublisher, type StepTools } from "./run_publisher.ts";
import { currentAttempt } from "./step_scope.ts";

/** The target of the SDK's functions: in version 4 a topic, with the data as another argument; in version 3 a message. */
type Target = Realtime.Topic.Ref | MaybePromise<Realtime.Message.Input>;

/** Returns the data of a message, which is what the SDK's functions resolve with. */
async function dataOf(target: Target, data: unknown): Promise<unknown> {
  return isTopicRef(target) ? data : (await target).data;
}

/**
 * Makes a run's `step.realtime.publish` publish to the gateway. As in the SDK it is a step whose result is the data. The SDK's imported
 * `step` has the same tools.
 *
 * @param tools The run's step tools, which are changed.
 * @param step The tools to make the step with.
 */
export function redirectStepTools(
  tools: unknown,
  step: StepTools,
  publish: PublishFn,
): void {
  const realtime = property(tools, "realtime");
  if (typeof property(realtime, "publish") !== "function") return;

  async function publishAsStep(
    id: unknown,
    target: Target,
    data: unknown,
  ): Promise<unknown> {
    // A replay doesn't look at the message, which may be a promise that rejects.
    Promise.resolve(target).catch(() => {});
    return await step.run(id, async () => {
      await publish(await resolveCheckedInput(target, data));
      return await dataOf(target, data);
    });
  }
  Reflect.set(Object(realtime), "publish", publishAsStep);
}

/**
 * Makes a client's `inngest.realtime.publish` publish to the gateway. As in the SDK it publishes at once, also in replays of a function; only
 * in a step it has an idempotency key.
 *
 * @param fn The function that the middleware is for; without one, it is for every function of the client, and for code outside of functions.
 */
export function redirectPublish(
  app: RealtimeApp,
  client: unknown,
  fn: unknown,
): void {
  const realtime = property(client, "realtime");
  const original = property(realtime, "publish");
  if (typeof original !== "function") return;

  const publisher = new RunPublisher(app);
  const publish = async (target: Target, data: unknown): Promise<unknown> => {
    const execution = property(await inngestStore(), "execution");
    const options = property(property(execution, "instance"), "options");
    const running = property(options, "fn");
    if (fn && running !== fn) {
      return await Reflect.apply(original, realtime, [target, data]);
    }
    const message = resolveCheckedInput(target, data);
    // The rejection is handled below, but it may come before.
    message.catch(() => {});
    if (execution === undefined) await app.publish(message);
    else {
      const run = readRun(property(execution, "ctx"), running, client);
      const attempt = await currentAttempt();
      await publisher.publish(run, attempt, message);
    }
    return await dataOf(target, data);
  };
  Reflect.set(Object(realtime), "publish", publish);
}

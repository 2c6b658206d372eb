import { resolveMessageInput } from "../core/publish/message_input.ts";
import type {
  PublishFn,
  Realtime,
  RealtimeApp,
} from "../core/types/realtime.ts";
import { inngestStore, property } from "./async_context.ts";
import { readRun } from "./function_run.ts";
import { publishInRun, type StepTools } from "./run_publisher.ts";
import { currentAttempt } from "./step_scope.ts";

/**
 * Returns version 4's step tools with a `step.realtime.publish(id, topic, data)` that publishes to the gateway. As in the SDK it is a step
 * whose result is the data.
 */
export function redirectStepTools(
  step: StepTools,
  publish: PublishFn,
): StepTools {
  const tools = {
    ...Object(property(step, "realtime")),
    publish: (id: unknown, topic: Realtime.Topic.Ref, data: unknown) =>
      step.run(id, async () => {
        await publish(topic, data);
        return data;
      }),
  };
  return { ...step, ...{ realtime: tools } };
}

/**
 * Makes version 4's `inngest.realtime.publish(topic, data)` publish to the gateway. As in the SDK it publishes at once, also in replays of a
 * function; only in a step it has an idempotency key.
 *
 * @param fn The function that the middleware is for; `null` for every function of the client, and for code outside of functions.
 */
export function redirectPublish(
  app: RealtimeApp,
  client: unknown,
  fn: unknown,
): void {
  const realtime = property(client, "realtime");
  const original = property(realtime, "publish");
  if (typeof original !== "function") return;

  const publish = async (
    topic: Realtime.Topic.Ref,
    data: unknown,
  ): Promise<void> => {
    const execution = property(await inngestStore(), "execution");
    const options = property(property(execution, "instance"), "options");
    const running = property(options, "fn");
    if (fn !== null && running !== fn) {
      return await Reflect.apply(original, realtime, [topic, data]);
    }
    const message = await resolveMessageInput(topic, data);
    if (execution === undefined) {
      await app.publish(message);
      return;
    }
    const run = readRun(property(execution, "ctx"), running, client);
    await publishInRun(app, run, await currentAttempt(), message);
  };
  Reflect.set(Object(realtime), "publish", publish);
}

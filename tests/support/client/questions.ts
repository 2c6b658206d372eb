import { assertRejects } from "@std/assert";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { Realtime, RealtimeApp } from "../../../core/types/realtime.ts";

/** The channel of a user's questions and their answers. A decision is published as a word, and its schema tells whether it is "yes". */
export const approvals = channel((userId: string) => `approvals:${userId}`)
  .addTopic(
    topic("approval").schema(z.object({ text: z.string() })).reply(
      topic("decision").schema(
        z.enum(["yes", "no"]).transform((word) => word === "yes"),
      ),
    ),
  );

type ApprovalToken = Realtime.Token<typeof approvals, ["approval"]>;

/** A subscription to a user's questions that may also answer them. */
export type Person = Realtime.Subscribe.StreamSubscription<ApprovalToken>;

/** Subscribes with a token that grants answering. */
export async function join(
  app: RealtimeApp,
  userId: string,
  options?: Realtime.Subscribe.Options<ApprovalToken>,
): Promise<Person> {
  const token = await app.token({
    channel: approvals(userId),
    topics: ["approval"],
    publish: ["decision"],
  });
  return await subscribe(token, { from: "start", ...options });
}

/** Resolves with the next question of a subscription. */
export async function nextQuestion(
  person: Person,
): Promise<Realtime.Subscribe.Token.InferMessage<ApprovalToken>> {
  const reader = person.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  if (!value) throw new Error("There are no more questions");
  return value;
}

/** Returns the code of the error with which a promise rejects. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, RealtimeError)).code;
}

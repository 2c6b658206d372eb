import { channel, type Realtime, topic } from "@tidings/realtime";
import { z } from "zod";

/** A decision about a refund: the reply to a question. */
const decision = topic("decision").schema(
  z.object({ isApproved: z.boolean() }),
);

/** The refunds that one person decides about. */
export const refunds = channel((userId: string) => `refunds:${userId}`)
  // A topic of questions. The topic of its replies is added with it.
  .addTopic(
    topic("approval").schema(
      z.object({
        order: z.string(),
        customer: z.string(),
        amount: z.number().positive(),
        reason: z.string(),
      }),
    ).reply(decision),
  )
  .addTopic(topic("outcome").type<{ order: string; text: string }>());

/** A customer's claim for a refund. */
export type Claim = Realtime.Topic.InferPublish<
  Realtime.Channel.InferTopics<typeof refunds>["approval"]
>;

import { channel, topic } from "@tidings/realtime";
import { z } from "zod";

/** What somebody decided about a refund. */
const decision = topic("decision").schema(
  z.object({ isApproved: z.boolean() }),
);

/** The refunds that one person looks after. */
export const refunds = channel((userId: string) => `refunds:${userId}`)
  // A question; it is answered in the topic above, which comes along.
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

import {
  type Realtime,
  type RealtimeApp,
  RealtimeError,
} from "@tidings/realtime";
import { refunds } from "./channels.ts";

/** A customer's claim for a refund. */
export type Claim = Realtime.Topic.InferPublish<
  Realtime.Channel.InferTopics<typeof refunds>["approval"]
>;

/** The largest amount that the agent pays without asking, in EUR. */
const LIMIT = 50;

/** How long the agent waits for a decision, in milliseconds. */
const TIMEOUT_MS = 120_000;

let order = 1041;

/** Stands in for an inbox: returns today's claims. */
export function todaysClaims(): Claim[] {
  return [
    { customer: "Ada Brandt", amount: 12, reason: "The lamp came scratched" },
    { customer: "Joel Okafor", amount: 129, reason: "The chair never came" },
    { customer: "Mina Sato", amount: 480, reason: "Changed her mind" },
  ].map((claim) => ({ ...claim, order: `A-${order++}` }));
}

/** Handles all claims at once: a claim that waits for a decision doesn't delay the others. */
export async function handle(
  realtime: Pick<RealtimeApp, "publish" | "request">,
  userId: string,
  claims: readonly Claim[],
  timeout: number = TIMEOUT_MS,
): Promise<void> {
  const { approval, outcome } = refunds(userId);

  async function decide(claim: Claim): Promise<string> {
    const { amount } = claim;
    if (amount <= LIMIT) return `${amount} EUR, paid without asking`;
    try {
      const { isApproved } = await realtime.request(approval, claim, {
        timeout,
      });
      return isApproved ? "paid" : "declined; the customer was told";
    } catch (error) {
      const isLate = error instanceof RealtimeError && error.code === "timeout";
      if (isLate) return "postponed: no one decided in time";
      throw error;
    }
  }

  await Promise.all(claims.map(async (claim) => {
    const text = await decide(claim);
    await realtime.publish(outcome({ order: claim.order, text }));
  }));
}

import { type Realtime, RealtimeError } from "@tidings/realtime";
import type { RealtimeApp } from "@tidings/realtime";
import { refunds } from "./channels.ts";

/** What somebody wants back. */
export type Claim = Realtime.Topic.InferPublish<
  Realtime.Channel.InferTopics<typeof refunds>["approval"]
>;

/** What the agent may pay without asking, in EUR. */
const LIMIT = 50;

/** How long it waits for an answer. */
const PATIENCE_MS = 120_000;

let order = 1041;

/** Stands in for an inbox: today's claims. */
export function todaysClaims(): Claim[] {
  return [
    { customer: "Ada Brandt", amount: 12, reason: "The lamp came scratched" },
    { customer: "Joel Okafor", amount: 129, reason: "The chair never came" },
    { customer: "Mina Sato", amount: 480, reason: "Changed her mind" },
  ].map((claim) => ({ ...claim, order: `A-${order++}` }));
}

/** Handles all claims at once. A claim over the limit waits for a person; the others don't wait for it. */
export async function handle(
  realtime: Pick<RealtimeApp, "publish" | "request">,
  userId: string,
  claims: readonly Claim[],
  timeout: number = PATIENCE_MS,
): Promise<void> {
  const { approval, outcome } = refunds(userId);

  async function decide(claim: Claim): Promise<string> {
    const { amount } = claim;
    if (amount <= LIMIT) return `${amount} EUR, paid without asking`;
    try {
      const { isApproved } = await realtime.request(approval, claim, {
        timeout,
      });
      return isApproved ? "paid" : "declined, and the customer told";
    } catch (error) {
      const isLate = error instanceof RealtimeError && error.code === "timeout";
      if (isLate) return "put off: nobody answered";
      throw error;
    }
  }

  await Promise.all(claims.map(async (claim) => {
    const text = await decide(claim);
    await realtime.publish(outcome({ order: claim.order, text }));
  }));
}

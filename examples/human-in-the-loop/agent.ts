import { type RealtimeApp, RealtimeError } from "@tidings/realtime";
import { type Claim, refunds } from "./channels.ts";
import type { OpenClaim, OpenClaims } from "./open_claims.ts";

/** The largest amount that the agent pays without asking, in EUR. */
const LIMIT = 50;

/** How long the agent waits for a decision, in milliseconds: three days. The gateway has to keep its messages for longer. */
const PATIENCE_MS = 3 * 86_400_000;

/** How long it looks for a decision after a restart at least, in milliseconds: one that came while it was off still counts. */
const LOOK_MS = 10_000;

/** Stands in for an inbox: returns today's claims. */
export function todaysClaims(): Claim[] {
  // No two claims have the same number, also after a restart.
  const order = Math.floor(Date.now() / 100) % 10_000_000;
  return [
    { customer: "Ada Brandt", amount: 12, reason: "The lamp came scratched" },
    { customer: "Joel Okafor", amount: 129, reason: "The chair never came" },
    { customer: "Mina Sato", amount: 480, reason: "Changed her mind" },
  ].map((claim, i) => ({ ...claim, order: `A-${order + i}` }));
}

/** Handles claims: it pays small ones, asks a person about the others, and goes on where it was when its process was restarted. */
export class Agent {
  readonly #realtime: Pick<RealtimeApp, "publish" | "waitForReply">;
  readonly #open: OpenClaims;

  constructor(
    realtime: Pick<RealtimeApp, "publish" | "waitForReply">,
    open: OpenClaims,
  ) {
    this.#realtime = realtime;
    this.#open = open;
  }

  /** Handles all claims at once: a claim that waits for a decision doesn't delay the others. */
  async handle(
    userId: string,
    claims: readonly Claim[],
    patienceMs: number = PATIENCE_MS,
  ): Promise<void> {
    const until = Date.now() + patienceMs;
    const open = claims.map((claim) => ({ userId, claim, until }));
    this.#open.save(...open);
    await Promise.all(open.map((claim) => this.#settle(claim)));
  }

  /** Goes on with the claims that were open when the process ended. */
  async resume(): Promise<void> {
    const soonest = Date.now() + LOOK_MS;
    await Promise.all(
      this.#open.all().map((open) =>
        this.#settle({ ...open, until: Math.max(open.until, soonest) })
      ),
    );
  }

  async #settle(open: OpenClaim): Promise<void> {
    const { userId, claim: { order, amount } } = open;
    const text = amount <= LIMIT
      ? `${amount} EUR, paid without asking`
      : await this.#decide(open);
    const { outcome } = refunds(userId);
    await this.#realtime.publish(outcome, { order, text }, { key: order });
    this.#open.remove(open);
  }

  async #decide(open: OpenClaim): Promise<string> {
    const { approval } = refunds(open.userId);
    const id = open.questionId ?? await this.#ask(open);
    const options = { timeout: (open.until - Date.now()) / 1000 };
    try {
      const decision = this.#realtime.waitForReply(approval, id, options);
      const { isApproved } = await decision;
      return isApproved ? "paid" : "declined; the customer was told";
    } catch (error) {
      const code = error instanceof RealtimeError ? error.code : undefined;
      if (code === "timeout") return "postponed: no one decided in time";
      if (code === "not_found") return "postponed: the question was lost";
      throw error;
    }
  }

  /** Asks, and remembers the question's id. If the process ends in between, the key makes it the same question when it is asked again. */
  async #ask(open: OpenClaim): Promise<string> {
    const { userId, claim } = open;
    const { approval } = refunds(userId);
    const options = { key: claim.order, keyTtl: "1d" } as const;
    const { id } = await this.#realtime.publish(approval, claim, options);
    this.#open.save({ ...open, questionId: id });
    return id;
  }
}

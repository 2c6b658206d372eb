import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Claim } from "./channels.ts";

/** A claim that the agent has begun to handle. */
export interface OpenClaim {
  /** The user who may decide. */
  readonly userId: string;
  readonly claim: Claim;
  /** The time at which the agent stops waiting, in milliseconds since 1970. */
  readonly until: number;
  /** The question's id; absent until it has been asked. */
  readonly questionId?: string;
}

/** The claims that the agent hasn't settled, in a file that survives the agent. It stands in for a table of your database. */
export class OpenClaims {
  readonly #path: string;
  readonly #byOrder: Map<string, OpenClaim>;

  constructor(path: string) {
    this.#path = path;
    const text = existsSync(path) ? readFileSync(path, "utf8") : "[]";
    const claims: OpenClaim[] = JSON.parse(text);
    this.#byOrder = new Map(claims.map((open) => [open.claim.order, open]));
  }

  /** Returns all open claims, the oldest first. */
  all(): OpenClaim[] {
    return [...this.#byOrder.values()];
  }

  /** Adds claims, or replaces what is known of them. */
  save(...claims: OpenClaim[]): void {
    for (const open of claims) this.#byOrder.set(open.claim.order, open);
    this.#write();
  }

  /** Removes a claim that is settled. */
  remove({ claim }: OpenClaim): void {
    this.#byOrder.delete(claim.order);
    this.#write();
  }

  /** Replaces the file in one step, so that a process that is killed leaves the old one or the new one. */
  #write(): void {
    const next = `${this.#path}.new`;
    writeFileSync(next, JSON.stringify(this.all(), null, 2));
    renameSync(next, this.#path);
  }
}

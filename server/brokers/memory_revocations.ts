import type {
  RevocationListener,
  RevocationRecord,
  RevocationStore,
} from "./revocation_store.ts";

/** Keeps revocations in the memory of one process. */
export class MemoryRevocations implements RevocationStore {
  /** By subject. A later revocation of a subject includes the earlier one. */
  readonly #kept = new Map<string, RevocationRecord>();
  readonly #listeners = new Set<RevocationListener>();

  revoke(revocations: readonly RevocationRecord[]): void {
    const now = Date.now() / 1000;
    for (const [subject, { until }] of this.#kept) {
      // The others were kept later, and so were made later.
      if (until > now) break;
      this.#kept.delete(subject);
    }
    for (const revocation of revocations) {
      if (revocation.until <= now) continue;
      this.#kept.delete(revocation.subject);
      this.#kept.set(revocation.subject, revocation);
    }
    for (const listener of this.#listeners) listener(revocations);
  }

  followRevocations(listener: RevocationListener): void {
    this.#listeners.add(listener);
    listener([...this.#kept.values()]);
  }

  awaitRevocations(): void {}

  clear(): void {
    this.#kept.clear();
    this.#listeners.clear();
  }
}

/**
 * Counts members of groups, such as the open streams of a channel. A member may be taken several times, and leaves its group when it was
 * given back as often.
 */
export class Places {
  readonly #groups = new Map<string, Map<string, number>>();

  /** How many members a group has. */
  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  take(group: string, member: string): void {
    const members = this.#groups.get(group) ?? new Map<string, number>();
    this.#groups.set(group, members);
    members.set(member, (members.get(member) ?? 0) + 1);
  }

  giveBack(group: string, member: string): void {
    const members = this.#groups.get(group);
    const count = members?.get(member);
    if (!members || count === undefined) return;
    if (count > 1) {
      members.set(member, count - 1);
      return;
    }
    members.delete(member);
    if (members.size === 0) this.#groups.delete(group);
  }
}

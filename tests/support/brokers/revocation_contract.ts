import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type { Broker } from "../../../server/brokers/broker.ts";
import type { RevocationRecord } from "../../../server/mod.ts";
import { until } from "../until.ts";

/** Makes a revocation that matters for an hour. */
export function revocation(
  subject: string,
  at: number = Math.floor(Date.now() / 1000),
): RevocationRecord {
  return { subject, at, until: at + 3600 };
}

/** Starts to follow a broker's revocations; returns the subjects that it told of. */
export function followed(broker: Broker): Set<string> {
  const subjects = new Set<string>();
  broker.followRevocations((revocations) => {
    for (const { subject } of revocations) subjects.add(subject);
  });
  return subjects;
}

/**
 * Adds the tests of the contract of revocations to a `describe`.
 *
 * @param create Makes a broker that keeps no revocation yet.
 */
export function itKeepsRevocations(create: () => MaybePromise<Broker>): void {
  async function using(test: (broker: Broker) => Promise<void>): Promise<void> {
    const broker = await create();
    try {
      await test(broker);
    } finally {
      await broker.close();
    }
  }

  it("tells of the revocations that it keeps, then of every new one", () =>
    using(async (broker) => {
      const subjects = [
        'sub a\n"🙂" {x}',
        "jti b",
        `channel ${"x".repeat(999)}`,
      ];
      await broker.revoke(subjects.map((subject) => revocation(subject)));
      const known = followed(broker);
      await broker.awaitRevocations();
      assertEquals([...known].toSorted(), subjects.toSorted());
      await broker.revoke([revocation("sub new")]);
      await until(() => known.has("sub new"));
      assertEquals(known.size, 4);
    }));

  it("tells of a revocation with its times, and again when it is repeated later", () =>
    using(async (broker) => {
      const told: RevocationRecord[] = [];
      broker.followRevocations((revocations) => {
        told.push(...revocations);
      });
      const now = Math.floor(Date.now() / 1000);
      const [first, second] = [
        revocation("sub u", now - 60),
        revocation("sub u", now),
      ];
      await broker.revoke([first]);
      await broker.revoke([second]);
      await until(() => told.length === 2);
      assertEquals(told, [first, second]);
    }));

  it("forgets a revocation when its tokens have expired", () =>
    using(async (broker) => {
      const now = Math.floor(Date.now() / 1000);
      await broker.revoke([
        { subject: "sub old", at: now - 60, until: now - 1 },
        revocation("sub kept"),
      ]);
      const known = followed(broker);
      await broker.awaitRevocations();
      await broker.revoke([revocation("sub new")]);
      await until(() => known.has("sub new"));
      assertEquals([...known], ["sub kept", "sub new"]);
    }));

  it("waits with revocations until they are known, whenever it is asked", () =>
    using(async (broker) => {
      const known = followed(broker);
      for (let i = 0; i < 3; i++) {
        await broker.revoke([revocation(`sub ${i}`)]);
        await broker.awaitRevocations();
        await until(() => known.has(`sub ${i}`));
      }
      assertEquals(known.size, 3);
    }));
}

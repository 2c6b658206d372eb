import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  type AnswerSummary,
  type Differential,
  startDifferential,
  summaryOf,
  withoutLength,
} from "../../support/gateway/differential.ts";
import {
  oddHandshakes,
  oddMethods,
  type OddParts,
  oddPublishes,
  type OddRequest,
  oddRequests,
} from "../../support/wire/odd_requests.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

const PAGE = "https://a.example";

/** The rules for origins under which every request is sent. */
const RULES = { open: "*", closed: [PAGE] } as const;

for (const [name, allowedOrigins] of Object.entries(RULES)) {
  describe(`an odd request to a gateway whose origins are ${name}`, () => {
    let started: Differential;
    let parts: OddParts;
    beforeAll(async () => {
      started = await startDifferential({
        allowedOrigins: typeof allowedOrigins === "string"
          ? allowedOrigins
          : [...allowedOrigins],
        maxPublishRate: 100_000,
      });
      const { gateway } = started;
      const token = await tokenFor(gateway, ["c/t"], { publish: true });
      parts = { signingKey: gateway.signingKey, token };
    });
    afterAll(async () => {
      await started[Symbol.asyncDispose]();
    });

    function check({ what, answer }: OddRequest, seen: AnswerSummary): void {
      const { status, code, isSecure } = seen;
      assert(status < 500 || status === 505, `${what}: ${status}`);
      // An answer with a code is ours.
      if (code !== undefined) assert(isSecure, what);
      if (!answer || (name === "closed" && code === "forbidden")) return;
      const [expected, expectedCode] = answer;
      assertEquals(status, expected, what);
      // Some runtimes refuse by themselves what others leave to the gateway.
      if (code !== undefined) assertEquals(code, expectedCode ?? code, what);
    }

    it("is answered alike by the gateway and by an app that it is mounted in", async () => {
      await Promise.all(
        oddRequests(parts).map(async (odd) => {
          const direct = await summaryOf(started.ways.direct, odd.bytes);
          const mounted = await summaryOf(started.ways.mounted, odd.bytes);
          assertEquals(direct, mounted, odd.what);
          check(odd, direct);
        }),
      );
    });

    it("is answered alike whether the length of its body is announced or not", async () => {
      const { direct } = started.ways;
      let compared = 0;
      await Promise.all(
        oddPublishes(parts).map(async ({ what, bytes }) => {
          const chunked = withoutLength(bytes);
          if (chunked === undefined) return;
          const { status, code } = await summaryOf(direct, bytes);
          const other = await summaryOf(direct, chunked);
          assertEquals([other.status, other.code], [status, code], what);
          compared++;
        }),
      );
      assert(compared > 40);
    });
  });
}

describe("an odd request", () => {
  it("is one of many, each with a name of its own", () => {
    const parts = { signingKey: "k", token: "a.b.c" };
    const all = [
      ...oddPublishes(parts),
      ...oddHandshakes(parts),
      ...oddMethods(parts),
    ];
    assertEquals(new Set(all.map(({ what }) => what)).size, all.length);
    assertEquals(oddRequests(parts).length, all.length);
  });
});

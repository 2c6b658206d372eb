import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { AnswersInFlight } from "../../../server/http/answers_in_flight.ts";

const MIB = 1024 * 1024;

describe("AnswersInFlight", () => {
  function refusal(action: () => unknown): string {
    const error = assertThrows(action, RealtimeError);
    assertEquals(error.code, "rate_limited");
    return error.message;
  }

  it("refuses an answer to a token that has 16 MiB of them, until one ends", () => {
    const inFlight = new AnswersInFlight();
    const end = inFlight.begin("one", 10 * MIB);
    inFlight.begin("one", 7 * MIB);
    for (
      const action of [
        () => inFlight.require("one"),
        () => inFlight.begin("one", 1),
      ]
    ) {
      assertEquals(
        refusal(action),
        "Cannot read the history: the token has 17 MiB of unread answers, the limit is 16 MiB; try again later",
      );
    }
    inFlight.require("other");
    end();
    inFlight.require("one");
    // An answer ends once, however often it is said.
    end();
    inFlight.begin("one", 9 * MIB);
    refusal(() => inFlight.require("one"));
  });

  it("refuses every answer while the gateway has 128 MiB of them", () => {
    const inFlight = new AnswersInFlight();
    const ends = Array.from(
      { length: 16 },
      () => inFlight.begin(undefined, 8 * MIB),
    );
    for (const jti of [undefined, "one"]) {
      assertEquals(
        refusal(() => inFlight.require(jti)),
        "Cannot read the history: the gateway has 128 MiB of unread answers, the limit is 128 MiB; try again later",
      );
    }
    ends[0]?.();
    inFlight.begin("one", 1);
  });
});

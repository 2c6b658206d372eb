import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import {
  type Duration,
  toMs,
  toMsWithin,
} from "../../../core/protocol/duration.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { createGateway } from "../../../server/mod.ts";

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const NAME = 'Cannot wait: "timeout"';

describe("A duration", () => {
  it("is a number with a unit, or a number of seconds", () => {
    const numbers = fc.integer({ min: 0, max: 100_000 });
    fc.assert(fc.property(numbers, (n) => {
      for (const [unit, ms] of Object.entries(UNITS)) {
        assertEquals(toMs(NAME, `${n}${unit}` as Duration), n * ms);
      }
      assertEquals(toMs(NAME, n), n * 1000);
    }));
  });

  it("may have a fraction, and may be infinite", () => {
    const forms: Duration[] = [0.25, "1.5s", "0.5m", "1.5h", Infinity];
    assertEquals(
      forms.map((form) => toMs(NAME, form)),
      [250, 1500, 30_000, 5_400_000, Infinity],
    );
  });

  it("is refused in any other form, with the forms that are allowed", () => {
    const others = ["", "5 m", "5w", "m", "-1s", "1e3", ".5s", -1, NaN, null];
    for (const other of others) {
      assertThrows(
        () => toMs(NAME, other as Duration),
        RealtimeError,
        `${NAME} is "${other}", it must be a number of seconds, or a time such as "250ms", "30s" or "7d"`,
      );
    }
  });

  it("is refused beyond its bounds", () => {
    for (const other of ["0ms", "25h", Infinity] as const) {
      assertThrows(
        () => toMsWithin(NAME, other, "1d"),
        RealtimeError,
        `${NAME} is "${other}", it must be from 1ms to 1d`,
      );
    }
    assertEquals(toMsWithin(NAME, "24h", "1d"), UNITS.d);
  });

  it("is named by its option where it is wrong", async () => {
    const wrong = "soon" as Duration;
    const url = "http://localhost:1";
    const app = createRealtime({ url, signingKey: "k".repeat(32) });
    const message = { channel: "c", topic: "t", data: 1 };
    const token = { channel: "c", topics: ["t"], key: "k", apiBaseUrl: url };
    const failures = [
      [
        'Cannot publish to "c": "keyTtl"',
        () => app.publish(message, { key: "k", keyTtl: wrong }),
      ],
      [
        'Cannot subscribe: "reconnectMin"',
        () => subscribe(token, { reconnectMin: wrong }),
      ],
    ] as const;
    for (const [name, fails] of failures) {
      await assertRejects(fails, RealtimeError, `${name} is "soon"`);
    }
    for (const pingInterval of [wrong, "2d"] as const) {
      assertThrows(
        () => createGateway({ dev: true, pingInterval }),
        RealtimeError,
        `Cannot create a gateway: "pingInterval" is "${pingInterval}"`,
      );
    }
  });
});

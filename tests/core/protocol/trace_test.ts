import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  formatTrace,
  parseTrace,
  readTrace,
} from "../../../core/protocol/trace.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACE = `00-${TRACE_ID}-b7ad6b7169203331-01`;

function hex(length: number): fc.Arbitrary<string> {
  return fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
    .filter((digits) => /[^0]/.test(digits));
}

const parent = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.nat(255),
}, { noNullPrototype: true });

/** Valid by the letter of the standard, without the expression of the code. */
function isValid(text: string): boolean {
  const [version = "", traceId = "", spanId = "", flags = "", ...more] = text
    .split("-");
  const areHex = [version, traceId, spanId, flags].every((field) =>
    [...field].every((digit) => "0123456789abcdef".includes(digit))
  );
  return areHex && version.length === 2 && traceId.length === 32 &&
    spanId.length === 16 && flags.length === 2 && version !== "ff" &&
    traceId !== "0".repeat(32) && spanId !== "0".repeat(16) &&
    (version !== "00" || more.length === 0);
}

describe("parseTrace()", () => {
  it("returns what formatTrace() formatted", () => {
    fc.assert(fc.property(parent, (value) => {
      const text = formatTrace(value);
      assertEquals(text.length, 55);
      assertEquals(parseTrace(text), value);
    }));
  });

  it("returns undefined for values that are no text", () => {
    fc.assert(fc.property(fc.anything(), (value) => {
      if (typeof value !== "string") assertEquals(parseTrace(value), undefined);
    }));
  });
});

describe("readTrace()", () => {
  it("accepts exactly the headers that are valid, however a valid one was changed", () => {
    let accepted = 0;
    const edit = fc.record({
      at: fc.nat(55),
      removed: fc.nat(2),
      added: fc.stringMatching(/^[0-9a-fA-F\- g\n]{0,2}$/),
    });
    fc.assert(
      fc.property(parent, edit, (value, { at, removed, added }) => {
        const text = formatTrace(value);
        const changed = text.slice(0, at) + added + text.slice(at + removed);
        const trimmed = changed.trim();
        const trace = readTrace(changed);
        assertEquals(trace !== undefined, isValid(trimmed), changed);
        if (trace !== undefined) accepted++;
      }),
      { numRuns: 2000 },
    );
    assertEquals(accepted > 0 && accepted < 2000, true);
  });

  it("returns a header of version 00 as it is", () => {
    assertEquals(readTrace(TRACE), TRACE);
    assertEquals(readTrace(` ${TRACE} `), TRACE);
  });

  it("reads a later version as version 00, without what it added", () => {
    assertEquals(readTrace(`cc${TRACE.slice(2)}`), TRACE);
    assertEquals(readTrace(`cc${TRACE.slice(2)}-what-the-future`), TRACE);
  });

  it("takes the first of several headers of one trace", () => {
    const other = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
    assertEquals(readTrace(`${TRACE}, ${other}`), TRACE);
    assertEquals(readTrace(`${other},${TRACE}`), other);
  });

  for (
    const [reason, header] of [
      [
        "headers of different traces",
        `${TRACE}, ${TRACE.replace("0af", "1af")}`,
      ],
      ["a malformed header beside a valid one", `${TRACE}, x`],
      ["a valid header beside a malformed one", `, ${TRACE}`],
      ["nothing", undefined],
      ["an empty header", ""],
      ["capital letters", TRACE.toUpperCase()],
      ["a trace id of zeros", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
      ["a span id of zeros", `00-${TRACE_ID}-${"0".repeat(16)}-01`],
      ["version ff", `ff${TRACE.slice(2)}`],
      ["more than version 00 has", `${TRACE}-00`],
      ["a quote", `${TRACE}"`],
    ] as const
  ) {
    it(`ignores ${reason}`, () => assertEquals(readTrace(header), undefined));
  }
});

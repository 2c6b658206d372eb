import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotInstanceOf,
  assertNotMatch,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";

/** Checks that a function fails, without the assertions under test. */
function mustFail(fn: () => void): void {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof AssertionError)) {
    throw new Error(`Not an assertion error: ${fn}`);
  }
}

async function mustReject(fn: () => Promise<unknown>): Promise<void> {
  let thrown: unknown;
  try {
    await fn();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof AssertionError)) {
    throw new Error(`Not an assertion error: ${fn}`);
  }
}

const one = { a: [1, { b: new Uint8Array([1]) }] };
const same = { a: [1, { b: new Uint8Array([1]) }] };
const other = { a: [1, { b: new Uint8Array([2]) }] };

describe("the assertions", () => {
  it("accept what is true", () => {
    assert(1);
    assertFalse(0);
    assertExists(0);
    assertInstanceOf(new TypeError(), Error);
    assertNotInstanceOf(new Error(), TypeError);
    assertEquals(one, same);
    assertNotEquals(one, other);
    assertStrictEquals(NaN, NaN);
    assertNotStrictEquals(one, same);
    assertArrayIncludes([one, 2], [same]);
    assertMatch("abc", /b/);
    assertNotMatch("abc", /d/);
    assertStringIncludes("abc", "b");
    assertGreater(2, 1);
    assertGreaterOrEqual(1, 1);
    assertLess(1, 2);
    assertLessOrEqual(1, 1);
    assertAlmostEquals(1, 1.00000001);
    assertAlmostEquals(1, 1.4, 0.5);
  });

  it("fail for what is not", () => {
    mustFail(() => assert(0));
    mustFail(() => assertFalse(1));
    mustFail(() => assertExists(undefined));
    mustFail(() => assertInstanceOf(new Error(), TypeError));
    mustFail(() => assertNotInstanceOf(new TypeError(), Error));
    mustFail(() => assertEquals(one, other));
    mustFail(() => assertEquals<unknown>({ a: undefined }, {}));
    mustFail(() => assertNotEquals(one, same));
    mustFail(() => assertStrictEquals(one, same));
    mustFail(() => assertNotStrictEquals(one, one));
    mustFail(() => assertArrayIncludes([one, 2], [other]));
    mustFail(() => assertMatch("abc", /d/));
    mustFail(() => assertNotMatch("abc", /b/));
    mustFail(() => assertStringIncludes("abc", "d"));
    mustFail(() => assertGreater(1, 1));
    mustFail(() => assertGreaterOrEqual(0, 1));
    mustFail(() => assertLess(1, 1));
    mustFail(() => assertLessOrEqual(NaN, 1));
    mustFail(() => assertAlmostEquals(1, 1.1));
    mustFail(() => assertAlmostEquals(NaN, 1));
    mustFail(() => fail());
  });
});

function throwing(): never {
  throw new TypeError("no such thing");
}

describe("assertThrows() and assertRejects()", () => {
  it("return the error", async () => {
    const thrown = assertThrows(throwing, TypeError, "such");
    assertEquals(thrown.message, "no such thing");
    const rejected = await assertRejects(
      () => Promise.reject(new RangeError("out")),
      RangeError,
      "out",
    );
    assertEquals(rejected.message, "out");
    assertEquals(await assertRejects(() => Promise.reject("text")), "text");
  });

  it("fail without an error, and for another class or message", async () => {
    mustFail(() => assertThrows(() => 1));
    mustFail(() => assertThrows(throwing, RangeError));
    mustFail(() => assertThrows(throwing, TypeError, "other"));
    await mustReject(() => assertRejects(() => Promise.resolve()));
    await mustReject(() => assertRejects(() => Promise.reject("text"), Error));
    await mustReject(() => assertRejects(throwing));
  });
});

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SIGNING_KEY } from "../support/gateway/gateway.ts";
import { type Case, KINDS } from "./case.ts";
import { makeCase } from "./cases.ts";
import { Credentials } from "./credentials.ts";
import { escapeBytes, mutate } from "./mutate.ts";
import { Random } from "./random.ts";

const credentials = await Credentials.create(SIGNING_KEY);

function casesOf(seed: number, count: number): Case[] {
  return KINDS.flatMap((kind) =>
    Array.from(
      { length: count },
      (_, i) => makeCase(seed, kind, i, credentials),
    )
  );
}

describe("the cases of a fuzzer", () => {
  it("are the same for the same seed, and others for another one", () => {
    const cases = casesOf(1, 50);
    assertEquals(casesOf(1, 50), cases);
    const others = casesOf(2, 50);
    assert(cases.filter((one, i) => one.bytes === others[i]?.bytes).length < 5);
  });

  it("depend on nothing but the seed, the kind and the number", () => {
    const [, , third] = casesOf(1, 3);
    assertEquals(makeCase(1, "http", 2, credentials), third);
  });

  it("are whole and broken, with valid credentials and without", () => {
    for (const kind of KINDS) {
      const cases = Array.from(
        { length: 200 },
        (_, i) => makeCase(1, kind, i, credentials),
      );
      for (const name of ["isWhole", "isAuthorized", "isSplit"] as const) {
        const share = cases.filter((one) => one[name]).length / cases.length;
        assert(share > 0.05 && share < 0.98, `${kind}: ${name} is ${share}`);
      }
    }
  });

  it("have one character for each byte", () => {
    for (const { bytes, opening = "" } of casesOf(3, 200)) {
      assert(/^[\0-\xff]*$/.test(opening + bytes));
    }
  });
});

describe("mutate()", () => {
  it("changes nearly every text", () => {
    const text = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    const mutated = Array.from(
      { length: 500 },
      (_, i) => mutate(text, new Random("mutate", i)),
    );
    assert(mutated.filter((one) => one === text).length < 50);
    assert(new Set(mutated).size > 400);
  });
});

describe("escapeBytes()", () => {
  it("shows every byte in ASCII", () => {
    assertEquals(escapeBytes('a\\b"\r\n\0\xff'), 'a\\\\b"\\r\\n\\x00\\xff');
  });
});

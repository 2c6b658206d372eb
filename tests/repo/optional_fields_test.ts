import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { exactFields } from "./optional_fields.ts";
import { allFiles, readFile } from "./sources.ts";

describe("exported options", () => {
  it("accept `undefined` in every optional field", () => {
    const sources = allFiles().filter((path) =>
      /^(?:core|react|middleware|server)\/.*\.ts$/.test(path)
    );
    assert(sources.length > 0);
    const found = sources.flatMap((path) =>
      exactFields(readFile(path)).map((field) => `${path}: ${field}`)
    );
    assertEquals(found, []);
  });
});

describe("exactFields()", () => {
  it("finds the optional fields that don't accept `undefined`", () => {
    const source = `
export interface SomeOptions {
  a?: string;
  b?: string | undefined;
  c: string;
  d?: unknown;
  e?: { f?: () => void } | undefined;
}
export namespace Inner {
  export type OneTarget = { readonly g?: number };
}
interface OwnOptions { h?: string }
export interface Message { i?: string }
`;
    assertEquals(exactFields(source), [
      "SomeOptions.a",
      "SomeOptions.f",
      "OneTarget.g",
    ]);
  });
});

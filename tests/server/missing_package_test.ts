import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { missingPackage } from "../../server/missing_package.ts";

function notFound(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
}

describe("missingPackage()", () => {
  it("names the package in the errors of every runtime", () => {
    const messages = [
      "Cannot find package '@a/b' imported from /app/main.ts",
      'Could not find "@a/b" in a node_modules folder. Did you forget something?',
      "Could not find a matching package for 'npm:@a/b@^1.0.0' in the node_modules directory",
    ];
    assertEquals(
      messages.map((message) => missingPackage(notFound(message))),
      messages.map(() => "@a/b"),
    );
    assertEquals(
      missingPackage(notFound("Cannot find package 'zod' imported from /a.ts")),
      "zod",
    );
  });

  it("names none for a missing file or another error", () => {
    const errors = [
      notFound("Cannot find module '/app/other.ts' imported from /app/main.ts"),
      notFound('Module not found "file:///app/other.ts"'),
      new Error("Cannot find package 'zod' imported from /app/main.ts"),
      "Cannot find package 'zod'",
      undefined,
    ];
    assertEquals(errors.map(missingPackage), errors.map(() => undefined));
  });
});

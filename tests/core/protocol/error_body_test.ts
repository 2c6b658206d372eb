import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { errorBody, errorOf } from "../../../core/protocol/error_body.ts";
import { isErrorCode, RealtimeError } from "../../../core/protocol/errors.ts";
import { ERROR_CODES } from "../../support/error_codes.ts";

describe("isErrorCode()", () => {
  it("knows every code of the type", () => {
    for (const code of ERROR_CODES) assert(isErrorCode(code), code);
  });

  it("knows no other value", () => {
    for (const value of ["toString", "", 401, null, ["conflict"], {}]) {
      assertEquals(isErrorCode(value), false);
    }
  });
});

describe("errorOf()", () => {
  it("decodes the result of errorBody(), without the cause", () => {
    const error = new RealtimeError("invalid_data", "No", {
      cause: new Error("secret"),
      issues: [{ message: "too short", path: ["text", 0] }],
    });
    const read = errorOf(JSON.parse(JSON.stringify(errorBody(error))));
    assertEquals(
      [read.code, read.message, read.issues, read.cause],
      ["invalid_data", "No", error.issues, undefined],
    );
  });

  it("replaces an unknown code, and ignores a cause", () => {
    const body = { code: "out_of_cheese", message: "No", cause: { a: 1 } };
    const error = errorOf(body, "forbidden");
    assertEquals([error.code, error.message], ["forbidden", "No"]);
    assertEquals("cause" in error && error.cause !== undefined, false);
    assertEquals(errorOf({ code: "toString" }).code, "invalid_argument");
  });

  it("leaves out malformed issues", () => {
    const good = { message: "too short", path: ["text"] };
    const issues = [good, null, "x", { path: [] }, { message: 1 }, {
      message: "x",
      path: [{}],
    }];
    const { issues: read } = errorOf({ code: "conflict", issues });
    assertEquals(read, [good]);
  });

  it("returns a complete error for any value", () => {
    fc.assert(fc.property(fc.anything(), (body) => {
      const { code, message, issues, cause } = errorOf(body);
      assert(isErrorCode(code));
      assertEquals(typeof message, "string");
      assert(Array.isArray(issues));
      assertEquals(cause, undefined);
    }));
  });
});

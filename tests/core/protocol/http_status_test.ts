import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  codeOfStatus,
  errorOfResponse,
  STATUS_OF_CODE,
} from "../../../core/protocol/http_status.ts";

const ACTION = 'Cannot publish to "user:1"';

function read(body: string, status: number): RealtimeError {
  return errorOfResponse(new Response(body, { status }), body, ACTION);
}

describe("codeOfStatus()", () => {
  it("returns a code with the same status, for each status of the gateway", () => {
    for (const status of new Set(Object.values(STATUS_OF_CODE))) {
      assertEquals(STATUS_OF_CODE[codeOfStatus(status)], status);
    }
  });

  it("returns a code for every status of a proxy", () => {
    assertEquals(
      [502, 504, 520, 599].map(codeOfStatus),
      Array.from({ length: 4 }, () => "unavailable"),
    );
    assertEquals([405, 418, 300].map(codeOfStatus), [
      "invalid_argument",
      "invalid_argument",
      "invalid_argument",
    ]);
  });
});

describe("errorOfResponse()", () => {
  it("reads the gateway's own code and message", () => {
    const error = read(
      '{"error":{"code":"too_large","message":"Too much"}}',
      413,
    );
    assertInstanceOf(error, RealtimeError);
    assertEquals([error.code, error.message], ["too_large", "Too much"]);
  });

  it("uses the status if the body has no code", () => {
    for (
      const body of [
        "<html>Bad Gateway</html>",
        "",
        "null",
        "[]",
        "1",
        "{}",
        '{"error":"no"}',
        '{"error":{"code":1,"message":"x"}}',
        '{"error":{"code":"too_large"}}',
      ]
    ) {
      const { code, message } = read(body, 502);
      assertEquals(code, "unavailable");
      assertEquals(message, `${ACTION}: the gateway answered 502`);
    }
  });

  it("replaces a code of a later version by the status's code", () => {
    const body = '{"error":{"code":"out_of_cheese","message":"None is left"}}';
    const { code, message } = read(body, 403);
    assertEquals([code, message], ["forbidden", "None is left"]);
  });

  it("has the parse error of the body as its cause", () => {
    assert((read("<html>", 500)).cause instanceof SyntaxError);
  });
});

import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isTransient } from "../../../core/http/transient.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { readRouteResponse } from "../../../core/subscribe/route_response.ts";

/** Reads a response that must be refused, and returns the code and the message of the error. */
async function refusal(
  body: string | object | null,
  init: ResponseInit = {},
): Promise<readonly [code: string, message: string]> {
  const text = body !== null && typeof body === "object"
    ? JSON.stringify(body)
    : body;
  const { code, message } = await assertRejects(
    () => readRouteResponse(new Response(text, init)),
    RealtimeError,
  );
  return [code, message];
}

describe("readRouteResponse()", () => {
  it("returns the JSON, as often as it is asked", async () => {
    const response = Response.json({ token: "jwt" });
    assertEquals(await readRouteResponse(response), {
      token: "jwt",
    });
    assertEquals(await readRouteResponse(response), {
      token: "jwt",
    });
  });

  it("throws a refusal with the reason of the route", async () => {
    for (
      const [body, reason] of [
        [{ error: { code: "x", message: "Sign in" } }, "Sign in"],
        [{ error: "Sign in" }, "Cannot get a token: Sign in"],
        [{ message: "Sign in" }, "Cannot get a token: Sign in"],
        ["Sign in", "Cannot get a token: Sign in"],
      ] as const
    ) {
      assertEquals(await refusal(body, { status: 401 }), [
        "unauthenticated",
        reason,
      ]);
      assertEquals(await refusal(body, { status: 403 }), ["forbidden", reason]);
    }
  });

  it("keeps the code that a route of this package answers with", async () => {
    const error = { code: "token_expired", message: "It expired" };
    assertEquals(await refusal({ error }, { status: 401 }), [
      "token_expired",
      "It expired",
    ]);
  });

  it("names the status of a refusal without a reason", async () => {
    for (
      const body of [null, "", "<html></html>", "[]", "{", "x".repeat(201), {
        error: { status: 403 },
      }]
    ) {
      assertEquals(await refusal(body, { status: 403 }), [
        "forbidden",
        "Cannot get a token: the response has status 403",
      ]);
    }
  });

  it("counts 429 and 5xx as transient, and other failures as final", async () => {
    for (
      const [status, isExpected] of [
        [429, true],
        [500, true],
        [502, true],
        [503, true],
        [400, false],
        [401, false],
        [403, false],
        [404, false],
        [405, false],
      ] as const
    ) {
      const error = await readRouteResponse(
        new Response(null, { status }),
      )
        .catch((error) => error);
      assertEquals([status, isTransient(error)], [status, isExpected]);
    }
  });

  it("says that a page is no JSON", async () => {
    const headers = { "content-type": "text/html" };
    assertEquals(await refusal("<html></html>", { headers }), [
      "invalid_json",
      "Cannot get a token: the response is text/html, not JSON; check the URL",
    ]);
  });

  it("says that a response has been read already", async () => {
    const response = Response.json({ token: "jwt" });
    await response.text();
    const error = await assertRejects(
      () => readRouteResponse(response),
      RealtimeError,
      "Cannot get a token: the response has been read",
    );
    assertEquals(error.code, "invalid_argument");
  });
});

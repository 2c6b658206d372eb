import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startGateway } from "../../support/gateway/gateway.ts";
import { shake } from "../../support/wire/raw_websocket.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

describe("a cookie", () => {
  it("authenticates no request, whatever its name", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    const values = [token, gateway.signingKey];
    const cookie = values.flatMap((value) =>
      ["token", "authorization", "session", "tidings", "jwt", "access_token"]
        .flatMap((name) => [`${name}=${value}`, `${name}=Bearer%20${value}`])
    ).join("; ");
    const topic = { channel: "c", topic: "t" };
    for (
      const [method, path, query] of [
        ["GET", "sse", {}],
        ["GET", "history", topic],
        ["GET", "subscribers", topic],
        ["POST", "publish", topic],
        ["POST", "publish/batch", {}],
        ["POST", "publish/tee", topic],
        ["POST", "stream/keep", { ...topic, stream_id: "s" }],
        ["POST", "stream/stop", { ...topic, stream_id: "s" }],
        ["POST", "token", {}],
        ["POST", "revoke", {}],
      ] as const
    ) {
      const response = await fetch(address(gateway, path, query), {
        method,
        headers: { cookie },
        ...(method === "POST" ? { body: "[]" } : {}),
      });
      await response.body?.cancel();
      assertEquals(response.status, 401, path);
    }
    const { answer } = await shake(address(gateway, "connect"), {
      headers: { cookie },
    });
    assertEquals(answer.status, 401);
  });
});

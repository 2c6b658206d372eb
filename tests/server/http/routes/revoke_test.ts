import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { decodeJwt } from "jose";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { postJson, publish } from "../../../support/wire/publish.ts";
import { revoke as revokeAt } from "../../../support/wire/revoke.ts";
import { payloadOf, sign } from "../../../support/wire/tokens.ts";
import {
  claims,
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../../support/wire/websocket.ts";

describe("POST /v1/realtime/revoke", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const revoke = (body: unknown, bearer?: string) =>
    revokeAt(gateway, body, bearer);

  it("ends a user's connections for good, and refuses their tickets", async () => {
    const mine = await tokenFor(gateway, ["user/t"], { sub: "u1" });
    const other = await tokenFor(gateway, ["user/t"], { sub: "u2" });
    const { client, ready } = await connectReady(gateway, { token: mine });
    await using _ = client;
    await using kept = await connectWire(gateway, { token: other });
    assertEquals(await revoke({ subject: "u1" }), [200, 1]);
    assertEquals((await client.error()).code, "forbidden");
    assertEquals((await client.closed).code, 4403);
    for (const token of [mine, ready.ticket]) {
      assertEquals((await handshake(gateway, { token })).answer.status, 403);
    }
    await publish(gateway, "user/t", 1);
    assertEquals((await kept.next()).data, 1);
  });

  it("ends the sessions of one token, and those of one channel", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const one = await tokenFor(gateway, ["by-id/t"]);
    const two = await tokenFor(gateway, ["by-channel/t"]);
    const three = await tokenFor(gateway, ["kept/t"]);
    for (const [ref, token] of Object.entries({ one, two, three })) {
      await client.subscribe(token, ref);
      await client.ready();
    }
    assertEquals(await revoke({ jti: decodeJwt(one).jti }), [200, 1]);
    assertEquals(await client.error(), { ref: "one", code: "forbidden" });
    assertEquals(await revoke({ channel: "by-channel" }), [200, 1]);
    assertEquals(await client.error(), { ref: "two", code: "forbidden" });
    await publish(gateway, "by-id/t", "gone");
    await publish(gateway, "kept/t", 1);
    assertEquals((await client.next()).data, 1);
  });

  it("ends publishing to a channel, by frames and by HTTP", async () => {
    const bearer = await tokenFor(gateway, ["read/t"], {
      publish: claims(["written/t"]),
    });
    const { client } = await connectReady(gateway, { token: bearer });
    await using _ = client;
    const message = { channel: "written", topic: "t" };
    const request = { ...message, body: "1", bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
    assertEquals(await revoke({ channel: "written" }), [200, 1]);
    assertEquals((await postJson(gateway, request)).status, 403);
    assertEquals((await client.closed).code, 4403);
  });

  it("accepts tokens that were made later", async () => {
    assertEquals(await revoke({ subject: "later" }), [200, 0]);
    const now = Math.floor(Date.now() / 1000);
    const payload = payloadOf(["later/t"]);
    const token = await sign(gateway, {
      ...payload,
      sub: "later",
      iat: now + 2,
    });
    await using client = await connectWire(gateway, { token });
    await publish(gateway, "later/t", 1);
    assertEquals((await client.next()).data, 1);
  });

  it("accepts only the signing key, and a body that says what to revoke", async () => {
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    assertEquals(await revoke({ subject: "x" }, token), [
      401,
      "unauthenticated",
    ]);
    for (const body of [{}, { sub: 1 }, { user: "x" }, [], { sub: "" }]) {
      assertEquals(await revoke(body), [400, "invalid_argument"]);
    }
    assertEquals(await revoke("{"), [400, "invalid_json"]);
    assertEquals(await revoke(" ".repeat(8193)), [413, "too_large"]);
  });
});

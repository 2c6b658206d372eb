import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { decodeJwt } from "jose";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import { tokenEnding, verifyToken } from "../../support/wire/tokens.ts";
import {
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** Waits until a token has expired. */
async function expire({ signingKey }: TestGateway, jwt: string): Promise<void> {
  const { exp = 0 } = decodeJwt(jwt);
  await new Promise((resolve) =>
    setTimeout(resolve, exp * 1000 - Date.now() + 5)
  );
  const check = verifyToken([signingKey], jwt, ["subscribe"]);
  assertEquals(await check.catch(({ code }) => code), "token_expired");
}

describe("a session", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("outlives its token, and resumes with the ticket alone", async () => {
    const token = await tokenFor(gateway, ["ticket/t"], {
      expiresIn: 2,
      sessionExpiresIn: 60,
      sub: "user-1",
    });
    const { client, ready } = await connectReady(gateway, { token });
    await expire(gateway, token);
    const id = await publish(gateway, "ticket/t", 1);
    assertEquals((await client.next()).data, 1);
    await client.close();
    const { answer } = await handshake(gateway, { token });
    assertEquals(answer.status, 401);
    await publish(gateway, "ticket/t", 2);
    const back = await connectReady(gateway, {
      token: ready.ticket,
      since: id,
    });
    await using _ = back.client;
    assertEquals(back.ready.channels[0]?.recovered, true);
    assertEquals((await back.client.next()).data, 2);
  });

  it("gets a ticket with the token's rights, user, id and deadline", async () => {
    const token = await tokenFor(gateway, ["rights/t"], {
      expiresIn: 60,
      sessionExpiresIn: 500,
      sub: "user-1",
      publish: [{ channel: "rights", name: "t" }],
    });
    const { client, ready } = await connectReady(gateway, { token });
    await client.close();
    const claims = decodeJwt(token);
    const ticket = decodeJwt(ready.ticket);
    for (const name of ["topics", "publish", "sub", "jti", "iss"]) {
      assertEquals(ticket[name], claims[name]);
    }
    assertEquals(ticket.aud, "tidings.ticket");
    // Deadlines are whole seconds, counted from now.
    const late = Number(ticket.sexp) - Number(claims.sexp);
    assertEquals(late === 0 || late === 1, true);
    assertEquals(ticket.exp, ticket.sexp);
  });

  it("closes a plain client with 4401 at its deadline", async () => {
    const token = await tokenEnding(gateway, ["plain/t"], 100);
    await using client = await connectWire(gateway, { token });
    assertEquals(await client.closed, {
      code: 4401,
      reason:
        "Cannot go on: the session ended; pass subscribe() a function that gets the next token",
    });
  });

  it("ends an event stream at its deadline, after an error for tidings.v1", async () => {
    await using hurried = await startGateway({ tokenDeadline: "100ms" });
    const token = await tokenEnding(hurried, ["sse/t"], 200);
    await using plain = await connectSse(hurried, { token });
    await using v1 = await connectSse(hurried, { token, v1: true });
    await v1.ready();
    const { kind, data } = await v1.next();
    assertEquals([kind, Object(data).code], ["error", "token_expired"]);
    assertEquals([await v1.rest(), await plain.rest()], ["", ":\n\n"]);
  });

  it("ends each subscription at its own deadline, with an error that has its ref", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.subscribe(await tokenEnding(gateway, ["short/t"], 500), "1");
    await client.subscribe(await tokenFor(gateway, ["long/t"]), "2");
    await client.ready();
    await client.ready();
    assertEquals(await client.error(), { ref: "1", code: "token_expired" });
    await publish(gateway, "short/t", "gone");
    await publish(gateway, "long/t", "kept");
    assertEquals((await client.next()).data, "kept");
  });

  it("waits for a new token after its last subscription ended, then closes", async () => {
    await using strict = await startGateway({ tokenDeadline: "700ms" });
    await using client = await connectWire(strict, { v1: true });
    await client.subscribe(await tokenEnding(strict, ["last/t"], 200), "1");
    await client.ready();
    assertEquals(await client.error(), { ref: "1", code: "token_expired" });
    assertEquals(await client.error(), {
      ref: undefined,
      code: "token_expired",
    });
    assertEquals((await client.closed).code, 4401);
  });

  it("also closes when the topics of the ended subscription are unsubscribed", async () => {
    await using strict = await startGateway({ tokenDeadline: "300ms" });
    await using client = await connectWire(strict, { v1: true });
    await client.subscribe(await tokenEnding(strict, ["left/t"], 200), "1");
    await client.ready();
    assertEquals(await client.error(), { ref: "1", code: "token_expired" });
    const data = [{ channel: "left", name: "t" }];
    await client.send({ kind: "unsub", data });
    assertEquals((await client.closed).code, 4401);
  });

  // On Deno a client gets a WebSocket only with a token that can be used.
  if (!("Deno" in globalThis)) {
    it("closes when the only token that came could not be used", async () => {
      await using strict = await startGateway({
        tokenDeadline: "300ms",
        maxSubscriptions: 1,
      });
      await using client = await connectWire(strict, { v1: true });
      await client.subscribe(await tokenFor(strict, ["a/t", "b/t"]), "1");
      assertEquals(await client.error(), { ref: "1", code: "too_many" });
      assertEquals((await client.closed).code, 4401);
    });
  }

  it("goes on when a new token comes for the same ref", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenEnding(gateway, ["renewed/t"], 500);
    await client.subscribe(token, "1");
    await client.subscribe(await tokenFor(gateway, ["renewed/t"]), "1");
    await client.ready();
    await client.ready();
    await using witness = await connectWire(gateway, { token });
    await witness.closed;
    await publish(gateway, "renewed/t", 1);
    assertEquals((await client.next()).data, 1);
  });

  it("accepts a new token after its last subscription ended", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.subscribe(await tokenEnding(gateway, ["c/t"], 500), "1");
    await client.ready();
    const id = await publish(gateway, "c/t", 1);
    assertEquals((await client.next()).data, 1);
    assertEquals((await client.error()).code, "token_expired");
    await publish(gateway, "c/t", 2);
    await client.subscribe(await tokenFor(gateway, ["c/t"]), "1", id);
    assertEquals((await client.ready()).channels[0]?.recovered, true);
    assertEquals((await client.next()).data, 2);
  });
});

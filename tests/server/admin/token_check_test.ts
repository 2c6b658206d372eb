import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { TokenReport } from "../../../server/admin/answers.ts";
import { ADMIN_KEY, ask, check } from "../../support/admin/admin.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { postJson, publish } from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import {
  connectReady,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** A signing key that the gateway doesn't have. */
const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;

describe("the token check", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ adminKey: ADMIN_KEY });
  });
  afterAll(() => gateway.close());

  it("says what a valid token grants, until when, and where its session stands", async () => {
    const jti = crypto.randomUUID();
    const token = await tokenFor(gateway, ["a/t", "a/u", "b/t"], {
      sub: "ann",
      jti,
      publish: [{ channel: "a", name: "t" }],
      stop: true,
      expiresIn: 60,
      sessionExpiresIn: 600,
    });
    const before = await check<TokenReport>(gateway, { token });
    assertEquals(before.sessions, []);
    assertEquals(before.valid, true);
    assertEquals(before.error, undefined);
    assertEquals(before.subject, "ann");
    const { issued_at, expires_at, session_expires_at, ...claims } =
      before.claims ?? {};
    assertEquals(claims, {
      verified: true,
      id: jti,
      use: "subscribe",
      subject: "ann",
      subscribe: [
        { channel: "a", topics: ["t", "u"] },
        { channel: "b", topics: ["t"] },
      ],
      publish: [{ channel: "a", topics: ["t"] }],
      stop: true,
    });
    const issued = Date.parse(issued_at ?? "");
    assertEquals(Date.parse(expires_at ?? "") - issued, 60_000);
    assertEquals(Date.parse(session_expires_at ?? "") - issued, 600_000);

    const { client, ready } = await connectReady(gateway, { token });
    const id = await publish(gateway, "a/t", 1);
    await client.next();
    const { sessions } = await check<TokenReport>(gateway, { token });
    assertEquals(sessions.map((session) => session.id), [ready.session]);
    const [{ position, behind } = {}] = sessions[0]?.subscriptions ?? [];
    assertEquals([position, behind], [id, 0]);
    const bySubject = await check<TokenReport>(gateway, { subject: "ann" });
    assertEquals(bySubject.sessions.length, 1);
    assertEquals(bySubject.valid, undefined);
    await client.close();
  });

  it("says that a token was signed with another key, and shows what it claims", async () => {
    const token = await tokenFor({ ...gateway, signingKey: OTHER_KEY }, [
      "a/t",
    ]);
    const report = await check<TokenReport>(gateway, { token });
    assertEquals(report.valid, false);
    assertEquals(report.error?.code, "invalid_token");
    assertStringIncludes(report.error?.message ?? "", "signature is wrong");
    assertEquals(report.claims?.verified, false);
    assertEquals(report.claims?.subscribe, [{ channel: "a", topics: ["t"] }]);
  });

  it("says that a token was revoked", async () => {
    const token = await tokenFor(gateway, ["a/t"], { sub: "eve" });
    await revoke(gateway, { subject: "eve" });
    const report = await check<TokenReport>(gateway, { token });
    assertEquals([report.valid, report.error?.code], [false, "forbidden"]);
    assertEquals(report.claims?.verified, true);
  });

  it("says that a text is no token", async () => {
    for (
      const token of ["hello", "a.b.c", "e30.e30.e30", "..", "x".repeat(70_000)]
    ) {
      const report = await check<TokenReport>(gateway, { token });
      assertEquals([report.valid, report.error?.code], [
        false,
        "invalid_token",
      ]);
      assertEquals(report.sessions, []);
    }
  });

  it("shows what was refused to a subject in the last minutes, and no token", async () => {
    const token = await tokenFor(gateway, ["r/t"], { sub: "rob" });
    const { client, ready } = await connectReady(gateway, { token });
    await client.send({
      kind: "publish",
      channel: "r",
      topic: "t",
      data: 1,
      ref: "1",
    });
    await client.error();
    const report = await check<TokenReport>(gateway, { token });
    const [refused, ...others] = report.refused;
    assertEquals(others, []);
    assertEquals([refused?.code, refused?.error], [4403, "forbidden"]);
    assertStringIncludes(refused?.reason ?? "", 'Cannot publish to "r"');
    assertEquals(refused?.session, ready.session);
    assert(!JSON.stringify(report).includes(token));
    assertEquals(report.sessions[0]?.last_reason, refused?.reason);
    await client.close();
  });

  it("keeps the refusals of one client from displacing those of another", async () => {
    const token = await tokenFor(gateway, ["q/t"], { sub: "quiet" });
    const { client } = await connectReady(gateway, { token });
    await client.subscribe("a.b.c", "1");
    await client.error();
    const loud = await tokenFor(gateway, ["q/t"], { sub: "loud" });
    const other = await connectReady(gateway, { token: loud });
    for (let i = 0; i < 80; i++) {
      await other.client.subscribe("a.b.c", `${i}`);
      await other.client.error();
    }
    const quiet = await check<TokenReport>(gateway, { subject: "quiet" });
    assertEquals(quiet.refused.length, 1);
    const { refused } = await check<TokenReport>(gateway, { subject: "loud" });
    assertEquals(refused.length, 50);
    await client.close();
    await other.client.close();
  });

  it("answers with no character that changes how a terminal shows it, whatever a stranger sent", async () => {
    const other = { ...gateway, signingKey: OTHER_KEY };
    const bearer = await tokenFor(other, ["a/t"], { sub: "zoe" });
    const channel = "a\u007f\u009b2J\u202e";
    await postJson(gateway, { channel, topic: "t", body: "1", bearer });
    const response = await ask(gateway, "token", {
      method: "POST",
      body: JSON.stringify({ subject: "zoe" }),
    });
    const text = await response.text();
    assertMatch(text, /"channel":"a\\u007f\\u009b2J\\u202e"/);
    assertEquals(JSON.parse(text).refused[0].channel, channel);
  });

  it("has a handshake that was refused", async () => {
    const token = await tokenFor(gateway, ["h/t"], { sub: "hal" });
    await revoke(gateway, { subject: "hal" });
    await handshake(gateway, { token });
    const { refused } = await check<TokenReport>(gateway, { token });
    assertEquals(refused.map(({ code }) => code), [403]);
  });

  it("marks what was refused to a token with a wrong signature, whose names anyone may have written", async () => {
    const app = { ...gateway, signingKey: OTHER_KEY };
    const token = await tokenFor(app, ["w/t"], { sub: "wim" });
    await handshake(gateway, { token });
    for (const client of [{ token }, { subject: "wim" }]) {
      const { refused } = await check<TokenReport>(gateway, client);
      assertEquals(
        refused.map(({ code, unverified }) => [code, unverified]),
        [[401, true]],
      );
    }
  });
});

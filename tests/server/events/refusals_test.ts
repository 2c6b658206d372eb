import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { collectLog, eventsIn } from "../../support/log.ts";
import { ADMIN_KEY, readSamples } from "../../support/metrics/samples.ts";
import { batch, post, postJson } from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import { payloadOf, sign } from "../../support/wire/tokens.ts";
import {
  address,
  connectReady,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** The facts of a refusal that tell whom it met. */
function factsIn(refusal: Record<string, unknown> | undefined): object {
  const { error, channel, subject, jti, claimed_subject, claimed_jti } =
    refusal ?? {};
  return JSON.parse(
    JSON.stringify({
      ...{ error, channel, subject, jti, claimed_subject, claimed_jti },
    }),
  );
}

describe("the event of a refusal", () => {
  it("names the user and the id of a token that is out of date, revoked or not enough", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const payload = { ...payloadOf(["c/t"]), sub: "ann", jti: "7" };
    const expired = await sign(gateway, { ...payload, exp: 1, sexp: 1 });
    await handshake(gateway, { token: expired });
    const token = await sign(gateway, payload);
    const message = { channel: "c", topic: "t", body: "1", bearer: token };
    await postJson(gateway, message);
    const publisher = await sign(gateway, {
      ...payload,
      publish: [{ channel: "d", name: "t" }],
    });
    await postJson(gateway, { ...message, bearer: publisher });
    await revoke(gateway, { subject: "ann" });
    await handshake(gateway, { token });
    const ann = { subject: "ann", jti: "7" };
    assertEquals(eventsIn(log, "refused").map(factsIn), [
      { error: "token_expired", ...ann },
      { error: "forbidden", channel: "c", ...ann },
      { error: "forbidden", channel: "c", ...ann },
      { error: "forbidden", ...ann },
    ]);
  });

  it("marks the user and the id of a token that another key signed as claims", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const signingKey = "another-key-of-at-least-32-characters";
    const topics = [{ channel: "c", name: "t" }];
    const token = await mintToken(signingKey, { topics, sub: "ann" });
    const { client } = await connectReady(gateway, {
      token: await tokenFor(gateway, ["c/t"], { sub: "bob" }),
    });
    await client.subscribe(token, "1");
    await client.error();
    await client.close();
    await handshake(gateway, { token: "a.b.c" });
    const [refusal, malformed] = eventsIn(log, "refused");
    assertEquals(
      [refusal?.subject, refusal?.claimed_subject, refusal?.jti],
      ["bob", "ann", undefined],
    );
    assertEquals(typeof refusal?.claimed_jti, "string");
    assertEquals(factsIn(malformed), { error: "invalid_token" });
  });

  it("keeps no more than the beginning of what anyone may write", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const long = "x".repeat(1000);
    const payload = { ...payloadOf(["c/t"]), sub: long, jti: long };
    const signingKey = "another-key-of-at-least-32-characters";
    const bearer = await sign({ signingKey }, payload);
    await post(gateway, { channel: long, topic: "t", body: "1", bearer })
      .then((response) => response.body?.cancel());
    const [refusal] = eventsIn(log, "refused");
    const { channel, claimed_subject, claimed_jti } = refusal ?? {};
    for (const text of [channel, claimed_subject, claimed_jti]) {
      assertEquals(String(text).length, 255);
    }
    const topics = [{ channel: "c", name: "t" }];
    const token = await mintToken(gateway.signingKey, {
      topics,
      publish: topics,
    });
    await batch(gateway, [{ channel: long, topic: "t", data: 1 }], token);
    const [, { reason, ...facts } = {}] = eventsIn(log, "refused");
    assertEquals([String(reason).length, facts.error], [500, "forbidden"]);
    assertEquals(facts.channel, channel);
  });

  it("tells each line of a batch that fails, with its status and channel", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const line = { channel: "c", topic: "t", data: 1 };
    const other = { ...line, channel: "d", key: "" };
    await batch(gateway, [line, { ...line, topic: "" }, "no JSON", other]);
    const refusals = eventsIn(log, "refused");
    assertEquals(
      refusals.map(({ code, error, address, channel }) => [
        code,
        error,
        address,
        channel,
      ]),
      [
        [400, "invalid_name", "127.0.0.1", "c"],
        [400, "invalid_json", "127.0.0.1", undefined],
        [400, "invalid_argument", "127.0.0.1", "d"],
      ],
    );
  });

  it("tells the lines that a token without budget sent further on together, and looks into none of them", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway({
      maxPublishRate: 1,
      adminKey: ADMIN_KEY,
    });
    const bearer = await tokenFor(gateway, ["c/t"], { publish: true });
    const lines = Array<string>(50_000).fill("x");
    const answers = await batch(gateway, lines, bearer);
    const codes = answers.map(({ error }) => error?.code);
    const malformed = codes.indexOf("rate_limited");
    assertEquals(new Set(codes.slice(0, malformed)), new Set(["invalid_json"]));
    assertEquals(new Set(codes.slice(malformed)), new Set(["rate_limited"]));
    const told = eventsIn(log, "refused")
      .filter(({ error }) => error === "rate_limited")
      .map(({ jti, lines }) => [typeof jti, lines]);
    // One line found that nothing was left of the budget.
    assertEquals(told, [
      ["string", undefined],
      ["string", 49_999 - malformed],
    ]);
    const samples = await readSamples(gateway);
    const refused = ["400", "429"].map((code) =>
      samples.get(`tidings_publish_refused_total{code="${code}"}`)
    );
    assertEquals(refused, [malformed, 50_000 - malformed]);
  });

  it("tells of the page whose browser gets no leave for a request, which it never sends then", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway({
      allowedOrigins: ["https://app.example"],
    });
    for (const origin of ["https://app.example", "https://other.example"]) {
      const response = await fetch(address(gateway, "sse"), {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "GET" },
      });
      await response.body?.cancel();
      const leave = response.headers.get("access-control-allow-origin");
      assertEquals(leave === origin, origin === "https://app.example");
    }
    const [refusal, ...others] = eventsIn(log, "refused");
    assertEquals(others, []);
    assertEquals(
      [refusal?.code, refusal?.error, refusal?.origin],
      [403, "forbidden", "https://other.example"],
    );
    assertStringIncludes(String(refusal?.reason), "--allowed-origins");
  });

  it("shows on the console in development mode, where the app has no log", async () => {
    const { warn } = console;
    const lines: unknown[] = [];
    console.warn = (line) => lines.push(line);
    try {
      for (const dev of [true, false]) {
        await using gateway = await startGateway({ dev });
        await handshake(gateway, { token: "a.b.c" });
      }
    } finally {
      console.warn = warn;
    }
    assertEquals(lines, [
      "Tidings refused with 401: Cannot use the token: it is not a JWT",
    ]);
  });

  it("has none of the characters with which a page could write to the developer's terminal", async () => {
    const { warn } = console;
    const lines: unknown[] = [];
    console.warn = (line) => lines.push(line);
    const answers: unknown[] = [];
    try {
      await using gateway = await startGateway({ dev: true });
      // An escape sequence, a line, a control character of C1, and one that turns the direction of the text.
      for (const path of ["%1b[2J%0aforged", "%C2%9b2J", "%E2%80%AE"]) {
        const response = await fetch(`${gateway.url}/${path}`);
        answers.push((await response.json()).error.message);
      }
    } finally {
      console.warn = warn;
    }
    const paths = ["\\u001b[2J\\u000aforged", "\\u009b2J", "\\u202e"];
    const sentences = paths.map((path) =>
      `Cannot GET /${path}: there is no such route`
    );
    assertEquals(answers, sentences);
    assertEquals(
      lines,
      sentences.map((sentence) => `Tidings refused with 404: ${sentence}`),
    );
  });
});

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import { LOG_FORMATS, type LogFormat } from "../../../server/log/log_format.ts";
import { Cli } from "../../support/gateway/cli.ts";
import {
  batch,
  bodyOf,
  post,
  postJson,
  publish,
} from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import { connectSse } from "../../support/wire/sse.ts";
import { postStream, producerOf } from "../../support/wire/streams.ts";
import { payloadOf, sign, tokenEnding } from "../../support/wire/tokens.ts";
import {
  address,
  connectReady,
  connectWire,
  handshake,
  type Target,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** A part of everything that must not be in a log, other than tokens. */
const MARK = "s3cretmark";

const SIGNING_KEY = `${MARK}-signing-key-of-32-characters-1`;
const FALLBACK = `${MARK}-fallback-key-of-32-characters-2`;
const OTHER_KEY = `${MARK}-another-key-of-32-characters-3`;
const PAYLOAD = `${MARK}-payload`;

const SECRETS = {
  REALTIME_SIGNING_KEY: SIGNING_KEY,
  REALTIME_SIGNING_KEY_FALLBACK: FALLBACK,
  REALTIME_ADMIN_KEY: `${MARK}-admin-key-of-at-least-32-characters`,
};

/** The events of a gateway with the memory broker. */
const EVENTS = [
  ...["started", "connected", "subscribed", "published", "refused"],
  ...["gap", "slow", "closed", "stopping", "drained"],
];

/** The errors that a gateway refuses with. */
const ERRORS = [
  ...["unauthenticated", "invalid_token", "token_expired", "forbidden"],
  ...["invalid_argument", "invalid_name", "invalid_json", "invalid_data"],
  ...["not_found", "conflict", "stream_ended", "stream_stopped", "stream_open"],
  ...["too_large", "too_many", "rate_limited"],
];

/** Makes a gateway refuse everything that it can refuse; returns the tokens that it got. */
async function useEverything(target: Target): Promise<string[]> {
  const topics = [{ channel: "c", name: "t" }];
  const wrong = await mintToken(OTHER_KEY, { topics, publish: topics });
  const expired = await sign(target, {
    ...payloadOf(["c/t"]),
    exp: 1,
    sexp: 1,
  });
  const token = await tokenFor(target, ["c/t"], { publish: topics });
  const user = await tokenFor(target, ["c/t"], { publish: true, sub: "ann" });
  const many = await tokenFor(target, topicsFrom(0));
  const more = await tokenFor(target, topicsFrom(100));
  const tokens = [wrong, expired, token, user, many, more];

  await refuseRequests(target, [wrong, expired, token, OTHER_KEY, MARK]);
  await refuseStreams(target);
  await refuseFrames(target, token, [wrong, expired, many, more]);
  tokens.push(await endSessions(target, user));
  return tokens;
}

/** Returns the names of 100 topics. */
function topicsFrom(first: number): string[] {
  return Array.from({ length: 100 }, (_, i) => `c/t${first + i}`);
}

async function refuseRequests(
  target: Target,
  credentials: readonly string[],
): Promise<void> {
  const message = { channel: "c", topic: "t", body: JSON.stringify(PAYLOAD) };
  for (const bearer of credentials) {
    await postJson(target, { ...message, bearer });
    await postJson(target, { ...message, channel: "d", bearer });
    await handshake(target, { token: bearer });
    await handshake(target, { token: bearer, v1: true });
    await handshake(target, { protocols: [`tidings.bearer.${bearer}`] });
    const query = { channel: "d", token: bearer };
    for (
      const route of ["history", "streams", "sse", "subscribers", "none"]
    ) {
      const response = await fetch(address(target, route, query));
      await response.body?.cancel();
    }
    await revoke(target, { subject: MARK }, bearer);
    await postJson(target, { ...message, route: "token", bearer });
  }
  const tooDeep = `${"[".repeat(100)}"${PAYLOAD}"${"]".repeat(100)}`;
  const tooLarge = PAYLOAD.repeat(60_000);
  for (const body of [tooDeep, tooLarge]) {
    await postJson(target, { ...message, body });
  }
  await postJson(target, { ...message, channel: "" });
  await postJson(target, { ...message, query: { metadata: PAYLOAD } });
  const notUtf8 = new Uint8Array([...new TextEncoder().encode(PAYLOAD), 0xff]);
  await postJson(target, { ...message, body: notUtf8 });
  const line = { channel: "c", topic: "t", data: PAYLOAD };
  const bad = [PAYLOAD, { ...line, kind: PAYLOAD }, { ...line, key: "" }];
  await batch(target, [line, ...bad]);
  const reply = { ...line, reply_to: await publish(target, "c/t", PAYLOAD) };
  await batch(target, [reply, reply, { ...reply, reply_to: "00000000-1" }]);
  const [, , token = ""] = credentials;
  await batch(target, Array(250).fill(line), token);
}

async function refuseStreams(target: Target): Promise<void> {
  const produce = producerOf(target, "c", "s1");
  for (const kind of ["start", "end", "chunk"] as const) {
    await produce(kind, { data: PAYLOAD });
  }
  await producerOf(target, "c", "s2")("start");
  const stream = { channel: "c", topic: "t", stream_id: "s2" };
  await postStream(target, "stop", stream);
  await postStream(target, "keep", stream);
  await postStream(target, "stop", { ...stream, stream_id: PAYLOAD });
  await producerOf(target, "c", "s3")("start");
  for (const other_streams of ["refuse", PAYLOAD]) {
    await producerOf(target, "c", "s4")("start", { other_streams });
  }
  const body = bodyOf([new TextEncoder().encode(PAYLOAD)]);
  const headers = { "content-type": "text/stream" };
  await postJson(target, { channel: "c", topic: "t", body, headers });
  const pieces = bodyOf([new Uint8Array([0xff])]);
  const tee = { route: "publish/tee", channel: "c", body: pieces } as const;
  await postJson(target, tee);
}

async function refuseFrames(
  target: Target,
  token: string,
  tokens: readonly string[],
): Promise<void> {
  await using client = (await connectReady(target, { token })).client;
  const frame = { kind: "publish", channel: "c", topic: "t", data: PAYLOAD };
  await client.send({ ...frame, ref: "1" });
  await client.send({ ...frame, ref: "2", channel: "d" });
  await client.send({ ...frame, kind: PAYLOAD });
  await client.socket.send(PAYLOAD);
  for (const [index, one] of tokens.entries()) {
    await client.subscribe(one, `${index + 3}`, "start");
  }
  await client.subscribe(token, "9", PAYLOAD);
  for (let seen = 0; seen < 7;) {
    if ((await client.next()).kind === "error") seen++;
  }
}

/** Has sessions end in each way: by a gap, by the client, by a revocation, by their time, by slowness. Returns the token that expired. */
async function endSessions(
  target: Target,
  user: string,
): Promise<string> {
  const id = await publish(target, "gap/t", PAYLOAD);
  for (let i = 0; i < 3; i++) await publish(target, "gap/t", PAYLOAD);
  const token = await tokenFor(target, ["gap/t"]);
  const gap = await connectWire(target, { token, v1: true, since: id });
  await gap.find("gap");
  await gap.close();
  const short = await tokenEnding(target, ["c/t"], 500);
  // A client of tidings.v1 would have 10 seconds for a new token.
  await using ending = await connectWire(target, { token: short });
  await ending.closed;
  await using sse = await connectSse(target, { token: user, v1: true });
  await sse.ready();
  const { client: slow } = await connectReady(target, { token: user });
  await using _ = slow;
  slow.socket.pause();
  for (let i = 0; i < 40; i++) {
    const body = JSON.stringify(PAYLOAD.repeat(25_000));
    await post(target, { channel: "c", topic: "t", body })
      .then((response) => response.body?.cancel());
    await sse.next();
  }
  await revoke(target, { subject: "ann" });
  while ((await sse.next()).kind !== "error");
  return short;
}

/** Runs a gateway's command line while it is used; returns all of its output. */
async function outputOf(
  args: readonly string[],
  format: LogFormat,
  use: (target: Target) => Promise<void>,
): Promise<string> {
  const flags = ["--port", "0", "--log-level", "debug"];
  await using cli = new Cli(
    [...flags, "--log-format", format, ...args],
    SECRETS,
  );
  await use({ url: await cli.url(), signingKey: SIGNING_KEY });
  cli.kill("SIGINT");
  const { code, stdout, stderr } = await cli.finished;
  assertEquals(code, 0);
  return stdout + stderr;
}

describe("what a gateway prints", () => {
  for (const format of LOG_FORMATS) {
    it(`has no token, key or payload for any event or refusal, as ${format}`, async () => {
      const tokens: string[] = [];
      const output = await outputOf(
        ["--history-size", "2"],
        format,
        async (target) => {
          tokens.push(...await useEverything(target));
        },
      );
      assertEquals(output.includes(MARK), false, linesWith(output, MARK));
      // Every token ends with its signature, and begins as all do.
      for (const secret of [...tokens.map(signatureOf), "eyJ"]) {
        assertEquals(output.includes(secret), false, linesWith(output, secret));
      }
      for (const event of EVENTS) {
        const name = format === "json" ? `"event":"${event}"` : ` ${event} `;
        assert(output.includes(name), `There is no "${event}"`);
      }
      if (format === "text") return;
      const lines = output.trimEnd().split("\n").map((line) =>
        JSON.parse(line)
      );
      const seen = new Set(lines.map(({ error }) => error));
      assertEquals(ERRORS.filter((error) => !seen.has(error)), []);
    });

    it(`has no password of a Redis that can't be reached, and says so before it listens, as ${format}`, async () => {
      const url = `redis://user:${MARK}@127.0.0.1:1`;
      const output = await outputOf(
        ["--broker", url],
        format,
        async (target) => {
          const body = JSON.stringify(PAYLOAD);
          await postJson(target, { channel: "c", topic: "t", body });
        },
      );
      assertEquals(output.includes(MARK), false, linesWith(output, MARK));
      const down = output.indexOf("broker.down");
      const started = output.indexOf("started");
      assert(down >= 0 && down < started, output);
      assert(output.includes("ECONNREFUSED"), output);
    });
  }
});

function signatureOf(token: string): string {
  return token.split(".")[2] ?? token;
}

function linesWith(output: string, text: string): string {
  return output.split("\n").filter((line) => line.includes(text)).join("\n");
}

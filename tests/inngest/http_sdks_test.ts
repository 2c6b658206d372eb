import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { startGateway } from "../support/gateway/gateway.ts";
import { openFrames, shakeHands } from "./raw_http.ts";
import { otherSigningKey, RUN_ID, uniqueName } from "./sdk.ts";

const FUNCTION_ID = "0b1e1a4c-6f0e-4f5a-9a53-1d1d6bb2a111";
const RFC_3339 =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Hashes a signing key as SDKs do: the part after `signkey-<env>-`, decoded from hex. */
function digest(signingKey: string): string {
  const hex = signingKey.replace(/^signkey-\w+-/, "");
  return createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");
}

/** Makes the headers of inngest 0.5 for Python, whose hash of the key has no prefix. */
function pythonHeaders(signingKey: string): Record<string, string> {
  return {
    "accept": "*/*",
    "content-type": "application/json",
    "x-inngest-sdk": "inngest-py:v0.5.19",
    "x-inngest-req-version": "2",
    "user-agent": "inngest-py:v0.5.19",
    "x-inngest-env": "branch",
    "authorization": `Bearer ${digest(signingKey)}`,
  };
}

/** Makes the headers of inngestgo: the unhashed key, and no content-type. */
function goHeaders(signingKey: string): Record<string, string> {
  return {
    "authorization": `Bearer ${signingKey}`,
    "x-inngest-sdk": "go:v0.15.0",
    "x-inngest-env": "preview",
  };
}

/**
 * Decodes a frame as Go's `encoding/json` decodes it into the SDK's types: one field of another type fails the whole message.
 */
function decodeInGo(text: string): Record<string, unknown> {
  assertFalse(text.includes("\n"), "A frame holds one object");
  const frame = JSON.parse(text);
  assertMatch(frame.created_at, RFC_3339);
  for (const name of ["kind", "channel", "topic"]) {
    assertEquals(typeof frame[name], "string", name);
  }
  if ("run_id" in frame) assertEquals(frame.run_id.length, 26);
  if ("fn_id" in frame) assertMatch(frame.fn_id, UUID);
  if ("env_id" in frame) assertMatch(frame.env_id, UUID);
  for (const [name, value] of Object.entries(frame)) {
    if (name !== "data") assertNotEquals(value, null, name);
  }
  return frame;
}

describe("Inngest's Python and Go SDKs, at HTTP level", () => {
  const fallback = otherSigningKey();
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let publishUrl: string;
  let tokenUrl: string;
  let connectUrl: string;

  beforeAll(async () => {
    gateway = await startGateway({ signingKeyFallback: fallback });
    publishUrl = `${gateway.url}/v1/realtime/publish`;
    tokenUrl = `${gateway.url}/v1/realtime/token`;
    connectUrl = `${gateway.url}/v1/realtime/connect`
      .replace(/^http/, "ws");
  });

  afterAll(async () => {
    await gateway.close();
  });

  /** Calls the route as Python's `get_subscription_token()` does. */
  async function getToken(channel: string, ...topics: string[]) {
    const response = await fetch(tokenUrl, {
      method: "POST",
      headers: pythonHeaders(gateway.signingKey),
      body: JSON.stringify(
        topics.map((topic) => ({ channel, name: topic, kind: "run" })),
      ),
    });
    const text = await response.text();
    assertEquals(response.status, 201, text);
    const { jwt } = JSON.parse(text);
    assertEquals(typeof jwt, "string");
    return jwt;
  }

  async function post(
    query: Record<string, string>,
    headers: Record<string, string>,
    body: BodyInit,
  ): Promise<number> {
    const url = `${publishUrl}?${new URLSearchParams(query)}`;
    const response = await fetch(url, { method: "POST", headers, body });
    await response.text();
    return response.status;
  }

  it("publish() of Python: a hashed key without prefix, a JSON body, form-encoded names", async () => {
    const channel = uniqueName("user é+&%");
    const token = await getToken(channel, "ai news");
    const subscriber = await openFrames(connectUrl, token);
    const status = await post(
      { channel, topic: "ai news" },
      pythonHeaders(gateway.signingKey),
      '{"response":"hé <b>","n":1.5}',
    );
    assertEquals(status, 200);
    const frame = JSON.parse(await subscriber.next());
    assertEquals(
      [frame.kind, frame.channel, frame.topic, frame.data],
      ["data", channel, "ai news", { response: "hé <b>", n: 1.5 }],
    );
    await subscriber.close();
  });

  it("get_subscription_token() of Python: one token for several topics", async () => {
    const channel = uniqueName("user");
    const token = await getToken(channel, "ai", "tasks");
    const subscriber = await openFrames(connectUrl, token);
    for (const topic of ["tasks", "other", "ai"]) {
      const headers = pythonHeaders(gateway.signingKey);
      assertEquals(await post({ channel, topic }, headers, "{}"), 200);
    }
    assertEquals(JSON.parse(await subscriber.next()).topic, "tasks");
    assertEquals(JSON.parse(await subscriber.next()).topic, "ai");
    await subscriber.close();
  });

  it("Publish() of Go: an unhashed key, no content-type, any bytes", async () => {
    const channel = uniqueName("user");
    const subscriber = await openFrames(
      connectUrl,
      await getToken(channel, "ai"),
    );
    const headers = goHeaders(gateway.signingKey);
    const bodies: [string, unknown][] = [
      ['{"ok":true}', { ok: true }],
      ["plain text", "plain text"],
      ["[1, 2]\n", [1, 2]],
      ["null", null],
      ["", ""],
    ];
    for (const [text, data] of bodies) {
      const body = new TextEncoder().encode(text);
      // Go treats every status except 200 as an error.
      assertEquals(await post({ channel, topic: "ai" }, headers, body), 200);
      assertEquals(decodeInGo(await subscriber.next()).data, data);
    }
    await subscriber.close();
  });

  it("accepts every form of the current and the fallback key, and no other", async () => {
    const query = { channel: uniqueName("user"), topic: "ai" };
    const stranger = `signkey-test-${"77".repeat(32)}`;
    const formsOf = (key: string) => [
      key,
      `signkey-test-${digest(key)}`,
      digest(key),
    ];
    for (const key of [gateway.signingKey, fallback]) {
      for (const form of formsOf(key)) {
        const headers = { authorization: `Bearer ${form}` };
        assertEquals(await post(query, headers, "1"), 200, form);
      }
    }
    const wrong = [
      ...formsOf(stranger),
      gateway.signingKey.replace("signkey-test-", ""),
      `signkey-prod-${digest(gateway.signingKey)}`,
      gateway.signingKey.slice(0, -1),
      `${gateway.signingKey}0`,
    ];
    for (const form of wrong) {
      const headers = { authorization: `Bearer ${form}` };
      // SDKs only try their fallback key on this status and on 403.
      assertEquals(await post(query, headers, "1"), 401, form);
    }
    for (const authorization of ["", "Bearer", "Bearer ", "Basic YTpi"]) {
      assertEquals(await post(query, { authorization }, "1"), 401);
    }
  });

  it("Subscribe() of Go: the token on the upgrade, no subprotocol, frames that Go decodes", async () => {
    const channel = uniqueName("run");
    const token = await getToken(channel, "ai");
    const answer = await shakeHands(connectUrl, {
      Authorization: `Bearer ${token}`,
    });
    assertEquals(answer.status, 101);
    assertFalse(answer.headers.has("sec-websocket-protocol"));
    assertFalse(answer.headers.has("sec-websocket-extensions"));

    const subscriber = await openFrames(connectUrl, token);
    assertEquals(subscriber.protocol, "");
    const query = { channel, topic: "ai" };
    const headers = goHeaders(gateway.signingKey);
    await post(query, headers, "1");
    await post({ ...query, run_id: RUN_ID, fn_id: FUNCTION_ID }, headers, "2");
    // A message with an id of another form must arrive, too.
    await post({ ...query, run_id: "run-1", fn_id: "app-fn" }, headers, "3");

    const frames = [
      decodeInGo(await subscriber.next()),
      decodeInGo(await subscriber.next()),
      decodeInGo(await subscriber.next()),
    ];
    assertEquals(frames.map((frame) => frame.data), [1, 2, 3]);
    assertEquals(
      frames.map((frame) => [frame.run_id, frame.fn_id]),
      [[undefined, undefined], [RUN_ID, FUNCTION_ID], [undefined, undefined]],
    );
    await subscriber.close();
  });

  it("Subscribe() of Go: a data stream", async () => {
    const channel = uniqueName("run");
    const token = await getToken(channel, "ai");
    const subscriber = await openFrames(connectUrl, token);
    const headers = {
      ...goHeaders(gateway.signingKey),
      "content-type": "text/stream",
    };
    assertEquals(
      await post({ channel, topic: "ai", run_id: RUN_ID }, headers, "héllo"),
      200,
    );

    const start = decodeInGo(await subscriber.next());
    assertEquals(start.kind, "datastream-start");
    const id = start.data;
    assert(typeof id === "string" && id !== "" && !id.includes(":"));
    let text = "";
    let frame = decodeInGo(await subscriber.next());
    for (
      ;
      frame.kind === "chunk";
      frame = decodeInGo(await subscriber.next())
    ) {
      assertEquals(frame.stream_id, id);
      assertEquals(frame.run_id, RUN_ID);
      assertEquals(typeof frame.data, "string");
      text += frame.data;
    }
    assertEquals(text, "héllo");
    assertEquals([frame.kind, frame.data], ["datastream-end", id]);
    await subscriber.close();
  });

  it("allows a page of another origin to send the SDKs' requests", async () => {
    const origin = "https://app.example.com";
    for (const url of [tokenUrl, publishUrl]) {
      const preflight = await fetch(url, {
        method: "OPTIONS",
        headers: {
          "origin": origin,
          "access-control-request-method": "POST",
          "access-control-request-headers":
            "authorization,content-type,x-inngest-env,x-inngest-sdk",
        },
      });
      await preflight.text();
      assert(preflight.ok, String(preflight.status));
      const { headers } = preflight;
      const allowed = headers.get("access-control-allow-headers") ?? "";
      for (
        const name of [
          "authorization",
          "content-type",
          "x-inngest-env",
          "x-inngest-sdk",
        ]
      ) assertMatch(allowed.toLowerCase(), new RegExp(`\\b${name}\\b`));
      assertMatch(headers.get("access-control-allow-methods") ?? "", /POST/);
      assertMatch(
        headers.get("access-control-allow-origin") ?? "",
        /^(\*|https:\/\/app\.example\.com)$/,
      );
    }
    const answer = await shakeHands(connectUrl, {
      Authorization: `Bearer ${await getToken(uniqueName("user"), "ai")}`,
      Origin: origin,
    });
    assertEquals(answer.status, 101);
  });

  it("refuses a bad token by the status of the upgrade", async () => {
    const token = await getToken(uniqueName("user"), "ai");
    const [header, , signature] = token.split(".");
    const bad: Record<string, string>[] = [
      {},
      { Authorization: "Bearer not-a-token" },
      { Authorization: `Bearer ${header}.e30.${signature}` },
      { Authorization: `Bearer ${gateway.signingKey}` },
    ];
    for (const headers of bad) {
      const answer = await shakeHands(connectUrl, headers);
      assertEquals(answer.status, 401, Object.keys(headers).join());
    }
  });
});

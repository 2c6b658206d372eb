import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { hashSigningKey } from "../../../../core/protocol/signing_key.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { post, postJson, publish } from "../../../support/wire/publish.ts";
import { connectWire, tokenFor } from "../../../support/wire/websocket.ts";

describe("POST /v1/realtime/token", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  async function mint(body: unknown, bearer?: string) {
    const { status, error } = await postJson(gateway, {
      route: "token",
      body: JSON.stringify(body),
      ...(bearer === undefined ? {} : { bearer }),
    });
    return [status, error?.code];
  }

  it("answers 201 with a token that subscribes to the topics", async () => {
    const response = await post(gateway, {
      route: "token",
      body: JSON.stringify([
        { channel: "user:1", name: "ai", kind: "run" },
        { channel: "user:2", name: "ai" },
      ]),
    });
    assertEquals(response.status, 201);
    const { jwt } = await response.json();
    await using client = await connectWire(gateway, { token: jwt });
    await publish(gateway, "user:1/ai", "one");
    await publish(gateway, "user:2/ai", "two");
    assertEquals(await client.takeData(2), ["one", "two"]);
  });

  it("puts the claims of the protocol into the token", async () => {
    const topics = [{ channel: "user:1", name: "ai", kind: "run" }];
    const response = await post(gateway, {
      route: "token",
      body: JSON.stringify(topics),
    });
    const { jwt } = await response.json();
    const { exp = 0, iat = 0, jti, ...claims } = decodeJwt(jwt);
    assertEquals(decodeProtectedHeader(jwt), { alg: "HS256", typ: "JWT" });
    assertEquals(claims, {
      iss: "tidings",
      aud: "tidings.subscribe",
      sexp: iat + 3600,
      topics,
    });
    assertEquals(exp - iat, 60);
    assertMatch(jti ?? "", /^[0-9a-f-]{36}$/);
  });

  it("accepts the signing key raw, hashed and hashed without its prefix", async () => {
    const hashed = await hashSigningKey(gateway.signingKey);
    const topics = [{ channel: "c", name: "t" }];
    const bare = hashed.replace("signkey-test-", "");
    for (const key of [gateway.signingKey, hashed, bare]) {
      assertEquals(await mint(topics, key), [201, undefined]);
    }
  });

  it("refuses a token in place of the signing key", async () => {
    const publisher = await tokenFor(gateway, ["c/t"], { publish: true });
    const topics = [{ channel: "c", name: "t" }];
    for (const bearer of ["", publisher, "x".repeat(77)]) {
      assertEquals(await mint(topics, bearer), [401, "unauthenticated"]);
    }
  });

  it("refuses a body that is not a list of 1 to 128 topics", async () => {
    const topic = { channel: "c", name: "t" };
    const many = Array.from({ length: 129 }, () => topic);
    for (const body of [[], {}, null, "x", [{}], [{ channel: 1 }], many]) {
      assertEquals(await mint(body), [400, "invalid_argument"]);
    }
    assertEquals(await mint(many.slice(1)), [201, undefined]);
  });

  it("refuses invalid names of channels and topics", async () => {
    for (const name of ["", "a\nb", "x".repeat(256)]) {
      for (
        const topic of [{ channel: name, name: "t" }, { channel: "c", name }]
      ) {
        assertEquals(await mint([topic]), [400, "invalid_name"]);
      }
    }
  });

  it("refuses a body that is not JSON, or over 128 KiB", async () => {
    const broken = { route: "token", body: "[" } as const;
    const long = { route: "token", body: " ".repeat(128 * 1024 + 1) } as const;
    assertEquals((await postJson(gateway, broken)).error?.code, "invalid_json");
    assertEquals((await postJson(gateway, long)).error?.code, "too_large");
  });
});

describe("key rotation", () => {
  it("accepts the previous key and its tokens", async () => {
    const previous = `signkey-test-${"fedcba9876543210".repeat(4)}`;
    await using gateway = await startGateway({ signingKeyFallback: previous });
    const before = { ...gateway, signingKey: previous };
    const token = await tokenFor(before, ["c/t"]);
    await using client = await connectWire(gateway, { token });
    await publish(before, "c/t", 1);
    const bearer = await hashSigningKey(previous);
    const request = { channel: "c", topic: "t", body: "2", bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
    assertEquals(await client.takeData(2), [1, 2]);
  });

  it("mints with the current key", async () => {
    const fallback = `signkey-test-${"fedcba9876543210".repeat(4)}`;
    await using both = await startGateway({ signingKeyFallback: fallback });
    await using current = await startGateway();
    const response = await post(both, {
      route: "token",
      body: '[{"channel":"c","name":"t"}]',
    });
    const { jwt: token } = await response.json();
    await using client = await connectWire(current, { token });
    await publish(current, "c/t", 1);
    assertEquals((await client.next()).data, 1);
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  SignJWT,
} from "jose";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { deriveTokenKey } from "../../../core/protocol/signing_key.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { payloadOf } from "../../support/wire/tokens.ts";
import { connectWire, handshake } from "../../support/wire/websocket.ts";

/** A server that would hand out keys, and counts who asks for them. */
async function startKeys() {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/keys.json`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe("the header of a token", () => {
  it("chooses no key: not by kid, jku, x5u, jwk or x5c", async () => {
    await using keys = await startKeys();
    await using gateway = await startGateway();
    const right = await deriveTokenKey(gateway.signingKey);
    const wrong = new TextEncoder().encode("x".repeat(32));
    const { publicKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    const secret = { kty: "oct", k: btoa("x".repeat(32)).replace(/=+$/, "") };
    for (
      const fields of [
        { kid: "../../../../dev/null" },
        { kid: "' OR 1=1 --" },
        { kid: keys.url },
        { jku: keys.url },
        { x5u: keys.url },
        { jwk },
        { jwk: secret },
        { x5c: [secret.k] },
      ]
    ) {
      const header = { alg: "HS256", typ: "JWT", ...fields };
      const signWith = (key: Uint8Array): Promise<string> =>
        new SignJWT(payloadOf(["c/t"]))
          .setProtectedHeader(header as JWTHeaderParameters).sign(key);
      await using client = await connectWire(gateway, {
        token: await signWith(right),
        v1: true,
      });
      await client.ready();
      for (const key of [wrong, new Uint8Array(32)]) {
        const token = await signWith(key);
        const { answer } = await handshake(gateway, { token });
        assertEquals(answer.status, 401, JSON.stringify(fields));
      }
    }
    assertEquals(keys.requests, 0);
  });
});

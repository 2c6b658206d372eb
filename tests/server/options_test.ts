import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../mod.ts";
import { createGateway, type GatewayOptions, serve } from "../../server/mod.ts";
import { SIGNING_KEY, startGateway } from "../support/gateway/gateway.ts";
import { postJson } from "../support/wire/publish.ts";
import { connectWire, tokenFor } from "../support/wire/websocket.ts";

/** Returns the message of the refusal to create a gateway. */
function refusal(options?: GatewayOptions): string {
  const error = assertThrows(() => createGateway(options), RealtimeError);
  assertEquals(error.code, "invalid_argument");
  return error.message;
}

describe("createGateway()", () => {
  it("needs a signing key or `dev: true`, and says so", () => {
    const neither: readonly (GatewayOptions | undefined)[] = [
      undefined,
      {},
      { dev: false },
      { signingKeyFallback: SIGNING_KEY },
    ];
    for (const options of neither) {
      assertMatch(
        refusal(options),
        /^Cannot create a gateway: .*"signingKey".*"dev: true"/,
      );
    }
  });

  it("counts the characters of a signing key after its prefix only", async () => {
    const secret = "0123456789abcdef0123456789abcde";
    for (const prefix of ["", "signkey-test-", "signkey-my_env-"]) {
      const short = prefix + secret;
      const wanted =
        "Cannot use the signing key: its secret part has 31 characters, at least 32 are needed";
      assertEquals(refusal({ signingKey: short }), wanted);
      const both = { signingKey: SIGNING_KEY, signingKeyFallback: short };
      assertEquals(refusal(both), wanted);
      assertEquals(refusal({ dev: true, signingKey: short }), wanted);
      const signingKey = `${short}f`;
      await createGateway({ signingKey, signingKeyFallback: signingKey })
        .close();
    }
  });

  it("needs an admin key of 32 characters that can travel in a header and is no signing key", () => {
    const signingKey = SIGNING_KEY;
    const signingKeyFallback = `${SIGNING_KEY}0`;
    const problems = {
      [signingKey.slice(0, 31)]: "it has 31 characters, at least 32 are needed",
      [`${signingKey} 1`]:
        "it travels in a header, so it may have only visible characters of ASCII",
      [signingKey]:
        "it is the signing key too; an operator needs a key of their own",
      [signingKeyFallback]:
        "it is the signing key too; an operator needs a key of their own",
    };
    for (const [adminKey, problem] of Object.entries(problems)) {
      assertEquals(
        refusal({ signingKey, signingKeyFallback, adminKey }),
        `Cannot use the admin key: ${problem}`,
      );
    }
  });

  it("is open in development mode although it has a signing key, which then signs the tokens", async () => {
    await using gateway = await startGateway({
      dev: true,
      signingKey: SIGNING_KEY,
    });
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectWire(gateway, { token });
    const message = { channel: "c", topic: "t", body: "1", bearer: "" };
    const { status, id } = await postJson(gateway, message);
    assertEquals([status, (await client.next()).id], [200, id]);
  });
});

describe("serve()", () => {
  it("refuses to listen off loopback in development mode", async () => {
    await using gateway = createGateway({ dev: true });
    for (const hostname of ["0.0.0.0", "::", "192.0.2.1", "example.com"]) {
      let error: unknown;
      try {
        await (await serve(gateway, { port: 0, hostname })).close();
      } catch (caught) {
        error = caught;
      }
      const { code, message } = Object(error);
      assertEquals(
        [code, message],
        [
          "invalid_argument",
          `Cannot listen on ${hostname} in development mode: set a signing key instead, or listen on 127.0.0.1`,
        ],
      );
    }
  });
});

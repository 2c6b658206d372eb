import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { env } from "node:process";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { DEVELOPMENT_SIGNING_KEY } from "../../../core/protocol/signing_key.ts";
import { verifyToken } from "../../support/wire/tokens.ts";
import { withoutVariables } from "../../support/environment.ts";

const SIGNING_KEY = "a-signing-key-of-tests-and-nothing-else";
const TARGET = { channel: "c", topics: ["t"] };

withoutVariables(["REALTIME_URL", "REALTIME_SIGNING_KEY", "NODE_ENV"]);

describe("createRealtime()", () => {
  it("reads the environment at its first use", async () => {
    const app = createRealtime();
    env.REALTIME_URL = "https://gateway.example/realtime/";
    env.REALTIME_SIGNING_KEY = SIGNING_KEY;
    assertEquals(app.url, "https://gateway.example/realtime");
    const { key = "", ...token } = await app.token(TARGET);
    assertEquals(token, {
      ...TARGET,
      apiBaseUrl: "https://gateway.example/realtime",
    });
    const { topics } = await verifyToken([SIGNING_KEY], key, ["subscribe"]);
    assertEquals(topics, [{ channel: "c", name: "t" }]);
  });

  it("prefers its options to the environment", async () => {
    env.REALTIME_URL = "https://other.example";
    env.REALTIME_SIGNING_KEY = "x".repeat(40);
    const url = "https://gateway.example";
    const app = createRealtime({ url, signingKey: SIGNING_KEY });
    const { key = "", apiBaseUrl } = await app.token(TARGET);
    assertEquals([app.url, apiBaseUrl], [url, url]);
    await verifyToken([SIGNING_KEY], key, ["subscribe"]);
  });

  it("mints tokens with the given lifetime, rights and user", async () => {
    const url = "https://gateway.example";
    const app = createRealtime({ url, signingKey: SIGNING_KEY });
    const { key = "" } = await app.token({
      ...TARGET,
      expiresIn: 10,
      sessionExpiresIn: 100,
      publish: true,
      stop: ["t", { channel: "other", topic: "u" }],
      subject: "u",
    });
    const { exp, sexp, publish, stop, sub } = await verifyToken(
      [SIGNING_KEY],
      key,
      ["subscribe"],
    );
    assertEquals([sexp - exp, publish, sub], [90, true, "u"]);
    assertEquals(stop, [
      { channel: TARGET.channel, name: "t" },
      { channel: "other", name: "u" },
    ]);
  });

  it("uses the development key for a gateway on the same machine", async () => {
    for (
      const host of ["localhost:8787", "127.0.0.1:1", "[::1]:1", "a.localhost"]
    ) {
      const app = createRealtime({ url: `http://${host}` });
      const { key = "" } = await app.token(TARGET);
      await verifyToken([DEVELOPMENT_SIGNING_KEY], key, ["subscribe"]);
    }
  });

  it("requires a key for any other gateway", async () => {
    for (
      const host of ["gateway.example", "localhost.example", "127.0.0.1.nip"]
    ) {
      const app = createRealtime({ url: `https://${host}` });
      for (
        const use of [
          () => app.token(TARGET),
          () => app.publish({ channel: "c", topic: "t", data: 1 }),
        ]
      ) {
        const { code, message } = await assertRejects(use, RealtimeError);
        assertEquals([code, message], [
          "unauthenticated",
          `Cannot use the gateway at https://${host}: set REALTIME_SIGNING_KEY, or give createRealtime() the option "signingKey"`,
        ]);
      }
    }
  });

  it("uses the gateway of development without a URL", async () => {
    for (const [i, mode] of ["", "development", "test"].entries()) {
      env.NODE_ENV = mode;
      const app = createRealtime(i === 0 ? {} : { url: "" });
      const { key = "", apiBaseUrl } = await app.token(TARGET);
      assertEquals([app.url, apiBaseUrl], [
        "http://localhost:8787",
        "http://localhost:8787",
      ]);
      await verifyToken([DEVELOPMENT_SIGNING_KEY], key, ["subscribe"]);
    }
  });

  it("says in production that the URL is missing", async () => {
    env.NODE_ENV = "production";
    for (const app of [createRealtime(), createRealtime({ url: "" })]) {
      const { code, message } = assertThrows(() => app.url, RealtimeError);
      assertEquals([code, message], [
        "invalid_argument",
        'Cannot find the gateway: set REALTIME_URL, or give createRealtime() the option "url"',
      ]);
      const error = await assertRejects(() => app.token(TARGET), RealtimeError);
      assertEquals(error.message, message);
    }
  });

  it("rejects an invalid URL, and says where it comes from", async () => {
    for (
      const url of ["gateway.example", "ws://gateway.example", "http://[", "h"]
    ) {
      env.REALTIME_URL = url;
      for (
        const [app, source] of [
          [createRealtime({ url }), 'the option "url"'],
          [createRealtime(), "REALTIME_URL"],
        ] as const
      ) {
        const { code, message } = assertThrows(() => app.url, RealtimeError);
        assertEquals([code, message], [
          "invalid_argument",
          `Cannot find the gateway by ${source}: "${url}" is not an http or https URL`,
        ]);
        const error = await assertRejects(
          () => app.token(TARGET),
          RealtimeError,
        );
        assertEquals(error.code, "invalid_argument");
      }
    }
  });
});

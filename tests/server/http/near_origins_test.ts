import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startGateway } from "../../support/gateway/gateway.ts";
import { shake } from "../../support/wire/raw_websocket.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

const APP = "https://app.example.com";

/** Origins that a careless comparison takes for {@linkcode APP}. */
const NEAR = [
  "https://app.example.com.evil.example",
  "https://evil-app.example.com",
  "https://evilapp.example.com",
  "https://x.app.example.com",
  "https://example.com",
  "https://appXexample.com",
  "https://app.example.com:8443",
  "http://app.example.com",
  "https://app.example.com/",
  "https://app.example.com@evil.example",
  "https://app.example.co",
  "null",
  "*",
];

describe("an origin near the configured one", () => {
  it("is refused, by requests and by handshakes", async () => {
    await using gateway = await startGateway({ allowedOrigins: [APP] });
    const { host } = new URL(gateway.url);
    const token = await tokenFor(gateway, ["c/t"]);
    const target = address(gateway, "history", { channel: "c", token })
      .slice(gateway.url.length);

    async function statuses(origin: string): Promise<number[]> {
      // fetch() of a browser would not send such an Origin.
      await using raw = await RawSocket.open(gateway.url);
      await raw.write(
        `GET ${target} HTTP/1.1\r\nhost: ${host}\r\norigin: ${origin}\r\n\r\n`,
      );
      const { status } = await raw.takeAnswer();
      const { answer, socket } = await shake(
        address(gateway, "connect", { token }),
        { headers: { origin } },
      );
      await socket?.[Symbol.asyncDispose]();
      return [status, answer.status];
    }

    assertEquals(await statuses(APP), [200, 101]);
    for (const origin of NEAR) {
      assertEquals(await statuses(origin), [403, 403], origin);
    }
  });
});

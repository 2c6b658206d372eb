import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import {
  batch,
  bodyOf,
  postJson,
  publish,
} from "../../support/wire/publish.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import {
  address,
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

const LIMIT = 512 * 1024;
const encoder = new TextEncoder();

/** Returns JSON with arrays that are nested to a depth. */
function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

let gateway: TestGateway;

/** Returns the head of a request that publishes to the topic "t", with one more header. */
function head(channel: string, header: string): string {
  const url = new URL(address(gateway, "publish", { channel, topic: "t" }));
  return [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    `authorization: Bearer ${gateway.signingKey}`,
    header,
    "",
    "",
  ].join("\r\n");
}

/** Asserts that nothing was published: the next message is the channel's first. */
async function assertNothingPublished(channel: string): Promise<void> {
  const id = await publish(gateway, `${channel}/t`, "first");
  assertEquals(id.slice(8), "-1");
}

describe("bad input", () => {
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  describe("a body over 512 KiB", () => {
    it("is refused with 413 when it is announced, and nothing is published", async () => {
      const { status, error } = await postJson(gateway, {
        channel: "declared",
        topic: "t",
        body: "x".repeat(LIMIT + 1),
      });
      assertEquals([status, error?.code], [413, "too_large"]);
      assertEquals(
        error?.message,
        'Cannot publish to "declared": the message is larger than the limit of 512 KiB',
      );
      await assertNothingPublished("declared");
    });

    it("is refused with 413 before it is sent", async () => {
      await using socket = await RawSocket.open(gateway.url);
      await socket.write(head("never", `content-length: ${LIMIT + 1}`));
      const { status } = await socket.takeAnswer();
      assertEquals(status, 413);
      await assertNothingPublished("never");
    });

    it("is refused with 413 when it is streamed without a length, and nothing is published", async () => {
      await using socket = await RawSocket.open(gateway.url);
      await socket.write(
        head("streamed", "transfer-encoding: chunked"),
      );
      for (let left = LIMIT + 1; left > 0; left -= 1024) {
        const piece = "x".repeat(Math.min(left, 1024));
        await socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      }
      const { status, body } = await socket.takeAnswer();
      const { error } = JSON.parse(body);
      assertEquals([status, error.code], [413, "too_large"]);
      await assertNothingPublished("streamed");
    });

    it("leaves the client able to send the next message", async () => {
      for (let i = 0; i < 3; i++) {
        const body = "x".repeat(LIMIT + 1);
        const request = { channel: "next", topic: "t", body };
        assertEquals((await postJson(gateway, request)).status, 413);
        await publish(gateway, "next/t", i);
      }
    });

    it("is refused with 413 when only its JSON is too large", async () => {
      // A quote takes two bytes in a JSON string.
      const body = `not JSON ${'"'.repeat(LIMIT / 2)}`;
      const { status } = await postJson(gateway, {
        channel: "escaped",
        topic: "t",
        body,
      });
      assertEquals(status, 413);
      await assertNothingPublished("escaped");
    });

    it("is published whole at exactly the limit", async () => {
      const body = JSON.stringify("é".repeat(LIMIT / 2 - 1));
      assertEquals(encoder.encode(body).length, LIMIT);
      const token = await tokenFor(gateway, ["exact/t"]);
      await using client = await connectWire(gateway, { token });
      const request = { channel: "exact", topic: "t" };
      const declared = await postJson(gateway, { ...request, body });
      const streamed = await postJson(gateway, {
        ...request,
        body: bodyOf([encoder.encode(body)]),
      });
      assertEquals([declared.status, streamed.status], [200, 200]);
      for (const { data } of await client.take(2)) {
        assert(data === JSON.parse(body));
      }
    });

    it("is judged by the configured limit", async () => {
      await using small = await startGateway({ maxMessageBytes: 1000 });
      const request = { channel: "c", topic: "t" };
      const most = { ...request, body: `"${"x".repeat(998)}"` };
      const more = { ...request, body: `"${"x".repeat(999)}"` };
      assertEquals((await postJson(small, most)).status, 200);
      assertEquals((await postJson(small, more)).status, 413);
    });
  });

  describe("a request with invalid UTF-8", () => {
    const invalid = {
      "a byte that UTF-8 never has": Uint8Array.of(0x22, 0xff, 0x22),
      "Latin-1": Uint8Array.of(0x22, 0xe9, 0x22),
      "half a character": Uint8Array.of(0x22, 0xe2, 0x82),
      "an overlong slash": Uint8Array.of(0x22, 0xc0, 0xaf, 0x22),
      "half a surrogate pair": Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
    };
    for (const [name, body] of Object.entries(invalid)) {
      it(`is refused when a message has ${name}`, async () => {
        const { status, error } = await postJson(gateway, {
          channel: "utf8",
          topic: "u",
          body,
        });
        assertEquals([status, error?.code], [400, "invalid_data"]);
        assertStringIncludes(error?.message ?? "", "UTF-8");
      });
    }

    it("is refused when a batch or a token's topics have it", async () => {
      for (const route of ["publish/batch", "token"] as const) {
        const { status, error } = await postJson(gateway, {
          route,
          body: Uint8Array.of(0xff),
        });
        assertEquals([status, error?.code], [400, "invalid_data"]);
      }
    });

    it("is refused when a name has it, not published under another name", async () => {
      const url = address(gateway, "publish", { topic: "t" });
      for (const name of ["%ff", "%e2%82", "%", "%zz", "a%ed%a0%80"]) {
        const response = await fetch(`${url}&channel=${name}`, {
          method: "POST",
          headers: { authorization: `Bearer ${gateway.signingKey}` },
        });
        const { error } = await response.json();
        assertEquals(response.status, 400, name);
        assertEquals(error.code, "invalid_argument", name);
      }
    });
  });

  describe("a name", () => {
    const names = {
      "that is empty": "",
      "over 255 bytes": "x".repeat(256),
      "over 255 bytes with fewer characters": "é".repeat(128),
      "with NUL": "a\u0000b",
      "with a line break": "a\nb",
      "with DEL": "a\u007fb",
      "with a control character of Latin-1": "a\u0085b",
    };
    for (const [problem, name] of Object.entries(names)) {
      it(`${problem} is refused as channel and as topic`, async () => {
        for (
          const request of [
            { channel: name, topic: "t" },
            { channel: "c", topic: name },
            { channel: "c", topic: ["t", name] },
          ]
        ) {
          const { status, error } = await postJson(gateway, request);
          assertEquals([status, error?.code], [400, "invalid_name"]);
        }
        const [line] = await batch(gateway, [
          { channel: name, topic: "t", data: 1 },
        ]);
        assertEquals(line?.error?.code, "invalid_name");
        const tee = { route: "publish/tee", channel: name, body: "x" } as const;
        assertEquals((await postJson(gateway, tee)).status, 400);
        const history = await fetch(
          address(gateway, "history", { channel: name }),
          { headers: { authorization: `Bearer ${gateway.signingKey}` } },
        );
        assertEquals(
          [history.status, (await history.json()).error.code],
          [400, "invalid_name"],
        );
      });
    }

    it("of 255 bytes, or with any other character, is accepted", async () => {
      for (
        const name of [
          "x".repeat(255),
          `${"é".repeat(127)}x`,
          "a b/c?d&e=f#g%h+i\"j'k\\l",
          "👋🏽",
          "../..",
          "__proto__",
          "constructor",
        ]
      ) {
        const topics = [{ channel: name, name }];
        const token = await tokenFor(gateway, [], {
          use: "publish",
          publish: topics,
        });
        const request = { channel: name, topic: name, body: '"x"' };
        const answer = await postJson(gateway, { ...request, bearer: token });
        assertEquals(answer.status, 200, name);
        const page = await fetch(
          address(gateway, "history", {
            channel: name,
            topic: name,
          }),
          { headers: { authorization: `Bearer ${gateway.signingKey}` } },
        );
        const { messages } = await page.json();
        assertEquals(
          [messages.at(-1)?.channel, messages.at(-1)?.topic],
          [name, name],
        );
      }
    });
  });

  describe("JSON nested 10,000 deep", () => {
    const deep = nested(10_000);

    it("is refused as a message, and nothing is published", async () => {
      for (
        const body of [deep, `{"a":${deep}}`, ` \n${deep}`, "[".repeat(10_000)]
      ) {
        const { status, error } = await postJson(gateway, {
          channel: "deep",
          topic: "t",
          body,
        });
        assertEquals([status, error?.code], [400, "invalid_json"]);
      }
      await assertNothingPublished("deep");
    });

    it("is refused as a line of a batch and inside one", async () => {
      const answers = await batch(gateway, [
        deep,
        `{"channel":"deep-line","topic":"t","data":${deep}}`,
      ]);
      const codes = answers.map(({ error }) => error?.code);
      assertEquals(codes, ["invalid_json", "invalid_json"]);
      await assertNothingPublished("deep-line");
    });

    it("is refused as the topics of a token", async () => {
      const { status, error } = await postJson(gateway, {
        route: "token",
        body: deep,
      });
      assertEquals([status, error?.code], [400, "invalid_json"]);
    });

    it("is refused as metadata", async () => {
      const { status, error } = await postJson(gateway, {
        channel: "deep-metadata",
        topic: "t",
        // Deeper JSON would not fit into an address.
        query: { metadata: nested(1_000) },
      });
      assertEquals([status, error?.code], [400, "invalid_json"]);
    });

    it("is refused as a client's frame", async () => {
      const token = await tokenFor(gateway, ["deep-frame/t"], {
        publish: true,
      });
      const { client } = await connectReady(gateway, { token });
      await using _ = client;
      await client.socket.send(deep);
      assertEquals((await client.error()).code, "invalid_json");
      await client.socket.send(
        `{"kind":"publish","channel":"deep-frame","topic":"t","data":${deep}}`,
      );
      assertEquals((await client.error()).code, "invalid_json");
      await assertNothingPublished("deep-frame");
    });

    it("is accepted in text, and brackets in strings don't count", async () => {
      const token = await tokenFor(gateway, ["brackets/t"]);
      await using client = await connectWire(gateway, { token });
      const string = JSON.stringify({ a: `\\"${deep}` });
      for (const body of [`text ${deep}`, string, nested(64)]) {
        const request = { channel: "brackets", topic: "t", body };
        assertEquals((await postJson(gateway, request)).status, 200);
      }
      assertEquals((await client.next()).data, `text ${deep}`);
      assertEquals((await client.next()).data, JSON.parse(string));
      assertEquals((await client.next()).data, JSON.parse(nested(64)));
      const request = { channel: "brackets", topic: "t", body: nested(65) };
      assertEquals((await postJson(gateway, request)).status, 400);
    });
  });

  describe("keys such as __proto__", () => {
    const evil =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":3}';

    it("pass through a message untouched and pollute nothing", async () => {
      const token = await tokenFor(gateway, ["proto/t"]);
      await using client = await connectWire(gateway, { token });
      await postJson(gateway, {
        channel: "proto",
        topic: "t",
        body: evil,
        query: { metadata: evil },
      });
      const text = await client.nextText();
      assertStringIncludes(text, `"data":${evil}`);
      assertStringIncludes(text, `"metadata":${evil}`);
      assertEquals(Object({}).polluted, undefined);
    });

    it("pass through a batch untouched and pollute nothing", async () => {
      const token = await tokenFor(gateway, ["proto-batch/t"]);
      await using client = await connectWire(gateway, { token });
      const [answer] = await batch(gateway, [
        `{"__proto__":{"key":"k","polluted":1},"channel":"proto-batch","topic":"t","data":${evil}}`,
      ]);
      assertEquals(answer?.error, undefined);
      assertStringIncludes(await client.nextText(), `"data":${evil}`);
      assertEquals(Object({}).polluted, undefined);
    });

    it("don't stand in for the fields of a frame", async () => {
      await using client = await connectWire(gateway, { v1: true });
      await client.socket.send('{"__proto__":{"kind":"pong"}}');
      assertEquals((await client.error()).code, "invalid_argument");
      assertEquals(Object({}).kind, undefined);
    });
  });
});

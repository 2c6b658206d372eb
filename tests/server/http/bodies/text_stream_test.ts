import { assertEquals, assertStringIncludes } from "@std/assert";
import { pause } from "../../../../core/time/backoff.ts";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { bodyOf, postJson } from "../../../support/wire/publish.ts";
import { RawSocket } from "../../../support/wire/raw_socket.ts";
import {
  address,
  connectWire,
  type Frame,
  tokenFor,
  type WireClient,
} from "../../../support/wire/websocket.ts";

const encoder = new TextEncoder();
const HEADERS = { "content-type": "text/stream" };

/** A body that the test writes and ends. */
function openBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  return { readable, writer: writable.getWriter() };
}

/** Reads a data stream's frames, from its start to its end. */
async function takeStream(client: WireClient): Promise<Frame[]> {
  const frames = [await client.next()];
  while (frames.at(-1)?.kind !== "datastream-end") {
    frames.push(await client.next());
  }
  return frames;
}

function textOf(frames: readonly Frame[]): string {
  return frames.filter(({ kind }) => kind === "chunk")
    .map(({ data }) => data).join("");
}

describe("POST /v1/realtime/publish with text/stream", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  async function subscribe(channel: string): Promise<WireClient> {
    const token = await tokenFor(gateway, [`${channel}/t`]);
    return connectWire(gateway, { token });
  }

  it("delivers each chunk while the body arrives", async () => {
    await using client = await subscribe("pieces");
    const { readable, writer } = openBody();
    const answer = postJson(gateway, {
      channel: "pieces",
      topic: "t",
      headers: HEADERS,
      body: readable,
    });
    await writer.write(encoder.encode("Hello"));
    const [start, first] = await client.take(2);
    await writer.write(encoder.encode(" world"));
    const second = await client.next();
    await writer.close();
    const end = await client.next();
    const { id, ids, stream_id } = await answer;
    assertEquals(
      [start, first, second, end].map((frame) => [
        frame?.kind,
        frame?.data,
        frame?.stream_id,
      ]),
      [
        ["datastream-start", stream_id, stream_id],
        ["chunk", "Hello", stream_id],
        ["chunk", " world", stream_id],
        ["datastream-end", stream_id, stream_id],
      ],
    );
    assertEquals([start?.id, [start?.id]], [id, [...ids]]);
    assertEquals(end.metadata, undefined);
  });

  it("never splits a character, wherever the bytes are split", async () => {
    await using client = await subscribe("split");
    const text = "aé€👋🏽z";
    const answer = await postJson(gateway, {
      channel: "split",
      topic: "t",
      headers: HEADERS,
      body: bodyOf(
        [...encoder.encode(text)].map((byte) => Uint8Array.of(byte)),
      ),
    });
    assertEquals(answer.status, 200);
    const frames = await takeStream(client);
    assertEquals(textOf(frames), text);
    assertEquals(JSON.stringify(frames).includes("\ufffd"), false);
  });

  it("accepts the media type with parameters and in any case", async () => {
    await using client = await subscribe("parameters");
    await postJson(gateway, {
      channel: "parameters",
      topic: "t",
      headers: { "content-type": "Text/Stream; charset=utf-8" },
      body: "x",
    });
    assertEquals((await client.next()).kind, "datastream-start");
  });

  it("keeps line breaks, and publishes a body of many times a message's size", async () => {
    await using client = await subscribe("long");
    const text = "🙂 a line of a long answer\n".repeat(80_000);
    const { status } = await postJson(gateway, {
      channel: "long",
      topic: "t",
      headers: HEADERS,
      body: text,
    });
    assertEquals(status, 200);
    assertEquals(textOf(await takeStream(client)) === text, true);
  });

  it("starts and ends a stream for an empty body", async () => {
    await using client = await subscribe("nothing");
    const { status } = await postJson(gateway, {
      channel: "nothing",
      topic: "t",
      headers: HEADERS,
    });
    assertEquals(status, 200);
    const kinds = (await takeStream(client)).map(({ kind }) => kind);
    assertEquals(kinds, ["datastream-start", "datastream-end"]);
  });

  it("ends the stream with an error when the body breaks off", async () => {
    await using client = await subscribe("broken");
    const url = address(gateway, "publish", { channel: "broken", topic: "t" });
    await using socket = await RawSocket.open(url);
    const { pathname, search, host } = new URL(url);
    await socket.write([
      `POST ${pathname}${search} HTTP/1.1`,
      `host: ${host}`,
      `authorization: Bearer ${gateway.signingKey}`,
      "content-type: text/stream",
      "transfer-encoding: chunked",
      "",
      "2",
      "ab",
      "",
    ].join("\r\n"));
    assertEquals((await client.take(2))[1]?.data, "ab");
    await socket.close();
    const end = await client.next();
    assertEquals(end.kind, "datastream-end");
    assertEquals(Object(end.metadata).error, {
      code: "invalid_data",
      message: "Cannot publish the stream: it broke off",
    });
  });

  it("ends the stream with an error when the body is not UTF-8", async () => {
    await using client = await subscribe("latin1");
    const { status, error } = await postJson(gateway, {
      channel: "latin1",
      topic: "t",
      headers: HEADERS,
      body: bodyOf([encoder.encode("ok"), Uint8Array.of(0xe9, 0x21)]),
    });
    const frames = await takeStream(client);
    assertEquals([status, error?.code], [400, "invalid_data"]);
    assertStringIncludes(error?.message ?? "", "not UTF-8");
    assertEquals(Object(frames.at(-1)?.metadata).error, error);
  });

  it("ends the stream with an error when the body ends inside a character", async () => {
    await using client = await subscribe("cut");
    const { status } = await postJson(gateway, {
      channel: "cut",
      topic: "t",
      headers: HEADERS,
      body: encoder.encode("a€").slice(0, 3),
    });
    const frames = await takeStream(client);
    assertEquals([status, textOf(frames)], [400, "a"]);
    assertEquals(Object(frames.at(-1)?.metadata).error.code, "invalid_data");
  });
});

describe("POST /v1/realtime/publish/tee", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("sends each piece to plain clients as a text frame, and to others as a chunk", async () => {
    const token = await tokenFor(gateway, ["tee/$stream"]);
    await using plain = await connectWire(gateway, { token });
    await using v1 = await connectWire(gateway, { token, v1: true });
    await v1.ready();
    const { readable, writer } = openBody();
    const answer = postJson(gateway, {
      route: "publish/tee",
      channel: "tee",
      body: readable,
    });
    const pieces = ['data: {"a":1}\n\n', "data: é\n", "\n"];
    const chunks: Frame[] = [];
    for (const piece of pieces) {
      await writer.write(encoder.encode(piece));
      assertEquals(await plain.socket.next(), piece);
      chunks.push(await v1.next());
    }
    await writer.close();
    assertEquals(
      chunks.map(({ kind, topic, data }) => [kind, topic, data]),
      pieces.map((piece) => ["chunk", "$stream", piece]),
    );
    assertEquals(new Set(chunks.map((chunk) => chunk.stream_id)).size, 1);
    const { ids } = await answer;
    assertEquals([...ids], chunks.map(({ id }) => id));
  });

  it("accepts only tokens that grant the topic $stream", async () => {
    async function tee(name: string): Promise<number> {
      const bearer = await tokenFor(gateway, ["grant/t"], {
        publish: [{ channel: "grant", name }],
      });
      const request = { channel: "grant", body: "x", bearer };
      return (await postJson(gateway, { route: "publish/tee", ...request }))
        .status;
    }
    assertEquals([await tee("$stream"), await tee("t")], [200, 403]);
  });

  it("ends a body that is silent for longer than the lease", async () => {
    await using hurried = await startGateway({ streamLease: "300ms" });
    const { readable, writer } = openBody();
    const answer = postJson(hurried, {
      route: "publish/tee",
      channel: "silent",
      body: readable,
    });
    for (let i = 0; i < 4; i++) {
      await writer.write(encoder.encode("x"));
      await pause(100);
    }
    const { status, error } = await answer;
    assertEquals([status, error?.code], [400, "invalid_data"]);
    await writer.close().catch(() => undefined);
  });

  it("refuses a body that is not UTF-8", async () => {
    const { status, error } = await postJson(gateway, {
      route: "publish/tee",
      channel: "latin1",
      body: Uint8Array.of(0xff, 0xfe),
    });
    assertEquals([status, error?.code], [400, "invalid_data"]);
  });
});

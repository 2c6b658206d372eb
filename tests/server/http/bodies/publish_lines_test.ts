import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { serve, type Server } from "../../../../server/mod.ts";
import {
  type LateBroker,
  lateBroker,
} from "../../../support/brokers/late_broker.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import type { LineAnswer } from "../../../support/wire/publish.ts";
import { RawSocket } from "../../../support/wire/raw_socket.ts";
import { waysTo } from "../../../support/wire/ways.ts";
import { connectReady, tokenFor } from "../../../support/wire/websocket.ts";

const PATH = "/v1/realtime/publish/batch";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

type Bytes = Uint8Array<ArrayBuffer>;

/** The parts of an answer that a publisher acts on. */
interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly lines: readonly unknown[];
}

describe("a request to publish a batch", () => {
  let late: LateBroker;
  let gateway: TestGateway;
  let mounted: Server;
  let count = 0;

  beforeAll(async () => {
    late = lateBroker();
    gateway = await startGateway({
      broker: late.broker,
      maxPublishRate: 100_000,
    });
    const app = new Hono();
    app.all("/v1/realtime/*", (c) => gateway.gateway.fetch(c.req.raw, c.env));
    mounted = await serve(app, { port: 0 });
  });

  afterAll(async () => {
    await gateway.close();
    await mounted.close();
  });

  const ways = waysTo(() => gateway.url, () => mounted.url);

  function initOf(
    body: string | Bytes,
    headers: Record<string, string> = {},
  ): RequestInit {
    return {
      method: "POST",
      body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      headers: { authorization: `Bearer ${gateway.signingKey}`, ...headers },
    };
  }

  function linesOf(
    channels: readonly string[],
    fields: object = {},
  ): string {
    return channels.map((channel) =>
      JSON.stringify({ channel, topic: "t", data: { a: 1 }, ...fields })
    ).join("\n");
  }

  /** Reads an answer, with the place of each message instead of its id. */
  async function readAnswer(response: Response): Promise<Answer> {
    const text = await response.text();
    const lines = text.trimEnd().split("\n").filter(Boolean).map((line) => {
      const { id, error }: LineAnswer = JSON.parse(line);
      return error ?? id?.split("-")[1];
    });
    const type = response.headers.get("content-type");
    return { status: response.status, type, lines };
  }

  /** Sends a request by each way, with a channel of its own as `CHANNEL`. */
  async function answersOf(
    body: string | Bytes,
    headers?: Record<string, string>,
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const send of Object.values(ways)) {
      const own = typeof body === "string"
        ? body.replaceAll("CHANNEL", `channel:${count++}`)
        : body;
      answers.push(await readAnswer(await send(PATH, initOf(own, headers))));
    }
    return answers;
  }

  type Case = [
    what: string,
    status: number,
    body: string | Bytes,
    headers?: Record<string, string>,
  ];
  const cases: Case[] = [
    ["lines", 200, linesOf(["CHANNEL", "CHANNEL"])],
    ["a line that fails", 200, linesOf(["CHANNEL", "", "CHANNEL"])],
    ["a line that is no JSON", 200, `x\n${linesOf(["CHANNEL"])}`],
    ["no line", 200, ""],
    [
      "carriage returns",
      200,
      linesOf(["CHANNEL", "CHANNEL"]).replace(
        "\n",
        "\r\n",
      ),
    ],
    ["a body that is not UTF-8", 400, new Uint8Array([0xff])],
    ["too many lines", 413, "\n".repeat(50_001)],
    ["a wrong signing key", 401, "{}", { authorization: "Bearer no" }],
    ["no signing key", 401, "{}", { authorization: "" }],
  ];
  for (const [what, status, body, headers] of cases) {
    it(`is answered the same by every way: ${what}`, async () => {
      const [first, ...others] = await answersOf(body, headers);
      assertEquals(first?.status, status);
      for (const other of others) assertEquals(other, first);
    });
  }

  it("is delivered as the same frames by every way", async () => {
    const token = await tokenFor(gateway, ["same/t"]);
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    const frames: object[] = [];
    const body = linesOf(["same"], { fn_slug: "f", metadata: { m: 1 } });
    for (const send of Object.values(ways)) {
      await readAnswer(await send(PATH, initOf(body, { traceparent: TRACE })));
      const { id: _id, created_at, ...frame } = await client.next();
      assert(typeof created_at === "string");
      frames.push(frame);
    }
    for (const frame of frames) assertEquals(frame, frames[0]);
    assertEquals(Object(frames[0]).trace, TRACE);
  });

  it("with a token counts as the client's, by every way", async () => {
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    const headers = { authorization: `Bearer ${token}` };
    const body = linesOf(["CHANNEL"], { key: "k", key_ttl: 3600 });
    const [first, ...others] = await answersOf(body, headers);
    assertEquals(Object(first?.lines[0]).code, "forbidden");
    for (const other of others) assertEquals(Object(other).type, first?.type);
  });

  for (const [way, send] of Object.entries(ways)) {
    it(`gets the first answers while later lines wait: ${way}`, async () => {
      const channels = ["CHANNEL", "late", "CHANNEL", "late", "CHANNEL"]
        .map((channel) => channel.replace("CHANNEL", `first:${way}`));
      const response = await send(PATH, initOf(linesOf(channels)));
      assertEquals(response.status, 200);
      assertEquals(
        response.headers.get("content-type"),
        "application/x-ndjson",
      );
      const reader = response.body?.pipeThrough(new TextDecoderStream())
        .getReader();
      const publish = await late.next();
      const first = await reader?.read();
      const answer = /^{"id":"[^"]+-1"}\n$/;
      assert(answer.test(first?.value ?? ""), first?.value);
      publish.answer();
      const second = await reader?.read();
      assertEquals(second?.value?.trimEnd().split("\n").length, 2);
      (await late.next()).answer();
      let rest = "";
      for (;;) {
        const { done, value } = await reader?.read() ?? { done: true };
        if (done) break;
        rest += value;
      }
      assertEquals(rest.trimEnd().split("\n").length, 2);
    });
  }

  /** Writes a request as it is on the wire. */
  function rawRequest(body: string, bearer = gateway.signingKey): string {
    return [
      `POST ${PATH} HTTP/1.1`,
      "host: 127.0.0.1",
      `authorization: Bearer ${bearer}`,
      `content-length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
  }

  for (const sender of ["the signing key", "a token"]) {
    it(`is published to its end though its client goes away: with ${sender}`, async () => {
      const bearer = sender === "a token"
        ? await tokenFor(gateway, ["x/t"], { publish: true })
        : gateway.signingKey;
      const socket = await RawSocket.open(gateway.url);
      const channels = [`gone:${sender}`, "late", "late", "late"];
      await socket.write(rawRequest(linesOf(channels), bearer));
      await socket.takeUntil('"}\n');
      await socket[Symbol.asyncDispose]();
      for (let i = 0; i < 3; i++) (await late.next()).answer();
      // Another client isn't disturbed.
      const [answer] = await answersOf(linesOf(["CHANNEL"]));
      assertEquals(answer?.lines, ["1"]);
    });

    it(`is published to its end though nobody reads the answers: with ${sender}`, async () => {
      const bearer = sender === "a token"
        ? await tokenFor(gateway, ["x/t"], { publish: true })
        : gateway.signingKey;
      const socket = await RawSocket.open(gateway.url);
      await using _ = socket;
      const lines = 20_000;
      // The answer to each malformed line is several times as long as the line.
      const body = "0\n".repeat(lines) + linesOf(["late"]);
      socket.pause();
      await socket.write(rawRequest(body, bearer));
      const publish = await late.next();
      publish.answer();
      const [answer] = await answersOf(linesOf(["CHANNEL"]));
      assertEquals(answer?.lines, ["1"]);
      socket.resume();
      const text = await socket.takeUntil('"id":');
      const refusals = text.split('"code":"').length - 1;
      assertEquals(refusals, lines);
    });
  }
});

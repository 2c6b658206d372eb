import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import {
  type Answer,
  batch,
  post,
  postJson,
  type PublishRequest,
} from "../../support/wire/publish.ts";
import { logOf } from "../../support/wire/streams.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

const KIB = 1024;

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `t${i}`);
}

describe("A request to publish", () => {
  let gateway: TestGateway;
  let token: string;
  beforeAll(async () => {
    gateway = await startGateway();
    token = await tokenFor(gateway, [], { use: "publish", publish: true });
  });
  afterAll(() => gateway.close());

  /** Sends a request with the signing key and one with a token, and returns status and code of both, which must be the same. */
  async function outcome(request: PublishRequest): Promise<string> {
    const answers: Answer[] = [];
    for (const bearer of [gateway.signingKey, token]) {
      answers.push(await postJson(gateway, { ...request, bearer }));
    }
    const [one, other] = answers.map(({ status, error }) =>
      `${status} ${error?.code ?? "ok"}`
    );
    assertEquals(one, other);
    return one ?? "";
  }

  it("publishes once to a topic that is named many times", async () => {
    const topic = [...Array<string>(1000).fill("t"), "u", "t"];
    const body = JSON.stringify("x".repeat(500 * KIB));
    const request = { channel: "many", topic, body };
    assertEquals(await outcome(request), "200 ok");
    const { ids } = await postJson(gateway, request);
    assertEquals(ids.length, 2);
    const log = await logOf(gateway, "many");
    assertEquals(log.map(({ topic }) => topic), ["t", "u", "t", "u", "t", "u"]);
  });

  it("has at most 128 topics", async () => {
    const request = { channel: "topics", body: "1" };
    const refused = { ...request, topic: names(129) };
    assertEquals(await outcome(refused), "400 invalid_argument");
    assertEquals(await logOf(gateway, "topics"), []);
    const accepted = { ...request, topic: names(128) };
    assertEquals((await postJson(gateway, accepted)).ids.length, 128);
  });

  it("appends at most 8 MiB to all of its topics together", async () => {
    const body = JSON.stringify("x".repeat(500 * KIB));
    const request = { channel: "sum", body };
    const refused = { ...request, topic: names(17) };
    assertEquals(await outcome(refused), "413 too_large");
    assertEquals(await logOf(gateway, "sum"), []);
    const accepted = { ...request, topic: names(16) };
    assertEquals(await outcome(accepted), "200 ok");
  });

  it("appends its metadata to each topic, which count too", async () => {
    const metadata = JSON.stringify("x".repeat(8 * KIB));
    const request = { channel: "meta", topic: names(128), query: { metadata } };
    const body = JSON.stringify("x".repeat(58 * KIB));
    const { status, error } = await postJson(gateway, { ...request, body });
    assertEquals([status, error?.code], [413, "too_large"]);
    assertMatch(error?.message ?? "", /128 topics/);
    const short = { ...request, body: JSON.stringify("x".repeat(50 * KIB)) };
    assertEquals((await postJson(gateway, short)).status, 200);
  });

  it("may have one message of the configured limit, however large that is", async () => {
    const maxMessageBytes = 10 * 1024 * KIB;
    await using large = await startGateway({ maxMessageBytes });
    const body = JSON.stringify("x".repeat(9 * 1024 * KIB));
    const send = (topic: string[]) =>
      postJson(large, { channel: "c", topic, body });
    assertEquals((await send(["t"])).status, 200);
    assertEquals((await send(["t", "u"])).status, 413);
  });

  it("has ids and readable ids of 255 characters at most", async () => {
    for (const name of ["run_id", "fn_id", "fn_slug", "env_id"]) {
      const request = { channel: "ids", topic: "t", body: "1" };
      const long = { ...request, query: { [name]: "x".repeat(256) } };
      assertEquals(await outcome(long), "400 invalid_argument");
      const short = { ...request, query: { [name]: "x".repeat(255) } };
      assertEquals(await outcome(short), "200 ok");
      const line = { channel: "ids", topic: "t", data: 1 };
      const [{ error } = {}] = await batch(gateway, [
        { ...line, [name]: "x".repeat(256) },
      ]);
      assertEquals(error?.code, "invalid_argument");
    }
  });

  it("may stream any text to 128 topics: its chunks fit", async () => {
    const { status } = await postJson(gateway, {
      channel: "stream",
      topic: names(128),
      query: { metadata: JSON.stringify("x".repeat(4 * KIB)) },
      headers: { "content-type": "text/stream" },
      // Six bytes each, as JSON.
      body: "\u0001".repeat(12 * KIB),
    });
    assertEquals(status, 200);
  });

  describe("in a batch", () => {
    it("has at most 50,000 lines, else nothing is published", async () => {
      const line = '{"channel":"lines","topic":"t","data":1}\n';
      for (const body of [line + "\n".repeat(50_000), "{}\n".repeat(50_001)]) {
        const response = await post(gateway, { route: "publish/batch", body });
        assertEquals(response.status, 413);
        assertEquals((await response.json()).error.code, "too_large");
      }
      assertEquals(await logOf(gateway, "lines"), []);
      const most = line + "\n".repeat(49_999);
      const response = await post(gateway, {
        route: "publish/batch",
        body: most,
      });
      assertEquals(response.status, 200);
      await response.text();
    });

    it("appends at most 8 MiB, though numbers grow when they are encoded", async () => {
      // 22 bytes each in the log.
      const large = `[${Array<string>(20_000).fill("1e20").join(",")}]`;
      const line = `{"channel":"grow","topic":"t","data":${large}}`;
      const small = { channel: "grow", topic: "t", data: 1 };
      const lines = [...Array<string>(25).fill(line), small];
      const codes = (await batch(gateway, lines))
        .map(({ error }) => error?.code ?? "ok");
      assertEquals(codes, [
        ...Array<string>(19).fill("ok"),
        ...Array<string>(6).fill("too_large"),
        "ok",
      ]);
    });
  });
});

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { batch, publish, publishAll } from "../../../support/wire/publish.ts";
import { payloadOf, sign } from "../../../support/wire/tokens.ts";
import {
  address,
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../../support/wire/websocket.ts";

/** On Deno, a client gets a WebSocket only with a valid token. */
const isDeno = "Deno" in globalThis;

let gateway: TestGateway;

describe("GET /v1/realtime/connect", () => {
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  describe("accepts the token", () => {
    async function delivers(
      channel: string,
      how: (token: string) => Parameters<typeof connectWire>[1],
    ): Promise<void> {
      const token = await tokenFor(gateway, [`${channel}/t`]);
      await using client = await connectWire(gateway, how(token));
      await publish(gateway, `${channel}/t`, "hi");
      assertEquals((await client.next()).data, "hi");
    }

    it("as ?token=", () => delivers("query", (token) => ({ token })));

    it("as Authorization", () =>
      delivers("header", (token) => ({
        headers: { authorization: `Bearer ${token}` },
      })));

    it("as the subprotocol tidings.bearer.<jwt>", () =>
      delivers("protocol", (token) => ({
        protocols: [`tidings.bearer.${token}`],
      })));

    it("as Authorization, which wins over ?token=", () =>
      delivers("both", (token) => ({
        token: "garbage",
        headers: { authorization: `Bearer ${token}` },
      })));
  });

  describe("with the subprotocol tidings.auth.<jwt>", () => {
    it("authenticates a handshake, and subscribes to nothing", async () => {
      const token = await tokenFor(gateway, ["auth/t"]);
      const protocols = [`tidings.auth.${token}`];
      await using client = await connectWire(gateway, { v1: true, protocols });
      await client.subscribe(token, "1");
      const { ref, ticket } = await client.ready();
      assertEquals(ref, "1");
      await publishAll(gateway, "auth/t", [1, 2]);
      assertEquals(await client.takeData(2), [1, 2]);
      // A ticket opens the next connection.
      const again = await handshake(gateway, {
        v1: true,
        protocols: [`tidings.auth.${ticket}`],
      });
      assertEquals(again.answer.status, 101);
      assertEquals(
        again.answer.headers.get("sec-websocket-protocol"),
        "tidings.v1",
      );
      await again.socket?.close();
    });

    it("refuses a handshake whose token is refused, and tells a request without one why", async () => {
      const iat = Math.floor(Date.now() / 1000);
      const past = { ...payloadOf(["auth/t"]), iat: iat - 9, exp: iat - 3 };
      const bad = {
        garbage: [401, "invalid_token"],
        [await sign(gateway, past)]: [401, "token_expired"],
        [await tokenFor(gateway, ["auth/t"], { use: "publish" })]: [
          401,
          "invalid_token",
        ],
      };
      for (const [token, wanted] of Object.entries(bad)) {
        const { answer } = await handshake(gateway, {
          v1: true,
          protocols: [`tidings.auth.${token}`],
        });
        const { error } = JSON.parse(answer.body);
        assertEquals([answer.status, error.code], wanted);
        assertEquals(await reasonFor(token), wanted);
      }
      const good = await tokenFor(gateway, ["auth/t"]);
      assertEquals(await reasonFor(good), [400, "invalid_argument"]);
    });

    async function reasonFor(token: string): Promise<[number, string]> {
      const response = await fetch(address(gateway, "connect"), {
        headers: { authorization: `Bearer ${token}` },
      });
      const { error } = await response.json();
      return [response.status, error.code];
    }
  });

  it("answers with one of the offered subprotocols, or none", async () => {
    const token = await tokenFor(gateway, ["offer/t"]);
    const bearer = `tidings.bearer.${token}`;
    async function chosen(...protocols: string[]) {
      const { answer, socket } = await handshake(gateway, {
        ...(protocols.some((name) => name === bearer) ? {} : { token }),
        protocols,
      });
      await socket?.close();
      assertEquals(answer.status, 101);
      return answer.headers.get("sec-websocket-protocol");
    }
    assertEquals(await chosen(), undefined);
    assertEquals(await chosen(bearer), bearer);
    assertEquals(await chosen("tidings.v1", bearer), "tidings.v1");
    assertEquals(await chosen(bearer, "tidings.v1"), "tidings.v1");
    assertEquals(await chosen("other", "tidings.v1"), "tidings.v1");
  });

  it("accepts the runtime's own WebSocket, with a token outside the URL", async () => {
    const token = await tokenFor(gateway, ["browser/t"]);
    const socket = new WebSocket(address(gateway, "connect"), [
      "tidings.v1",
      `tidings.bearer.${token}`,
    ]);
    const kinds: string[] = [];
    const closed = new Promise<CloseEvent>((resolve) => {
      socket.onclose = resolve;
    });
    const received = new Promise<void>((resolve) => {
      socket.onmessage = async ({ data }) => {
        const { kind } = JSON.parse(data);
        kinds.push(kind);
        if (kind === "ready") await publish(gateway, "browser/t", 1);
        else resolve();
      };
    });
    await received;
    assertEquals(kinds, ["ready", "data"]);
    assertEquals(socket.protocol, "tidings.v1");
    socket.close(1000);
    assertEquals((await closed).code, 1000);
  });

  it("refuses a request that is not a handshake", async () => {
    const token = await tokenFor(gateway, ["c/t"]);
    const response = await fetch(address(gateway, "connect", { token }));
    const { error } = await response.json();
    assertEquals([response.status, error.code], [400, "invalid_argument"]);
  });

  describe("for a plain client", () => {
    it("sends one object per frame, and only messages", async () => {
      const token = await tokenFor(gateway, ["plain/t"]);
      await using client = await connectWire(gateway, { token });
      const lines = [1, 2, 3].map((data) => {
        return { channel: "plain", topic: "t", data };
      });
      await batch(gateway, lines);
      for (const data of [1, 2, 3]) {
        const text = await client.socket.next();
        assertEquals(JSON.parse(text ?? "").data, data);
      }
    });

    it("starts at since without a control frame", async () => {
      await publishAll(gateway, "plain-since/t", [1, 2]);
      const token = await tokenFor(gateway, ["plain-since/t"]);
      for (const since of ["start", "zzzzzzzz-1"]) {
        await using client = await connectWire(gateway, { token, since });
        assertEquals(await client.takeData(2), [1, 2]);
      }
    });
  });

  describe("for a client of tidings.v1", () => {
    it("sends ready before the first message", async () => {
      const id = await publish(gateway, "v1/t", "before");
      const token = await tokenFor(gateway, ["v1/t", "v1/u"]);
      const { client, ready } = await connectReady(gateway, { token });
      await using _ = client;
      assertEquals(ready.channels, [
        { channel: "v1", topics: ["t", "u"], position: id },
      ]);
      assertEquals(ready.ping_interval_ms, 15_000);
      assertEquals(ready.limits, {
        subscriptions: 128,
        frames_per_second: 100,
        frames_at_once: 128,
      });
      assertEquals(ready.ref, undefined);
      assertMatch(ready.session, /^[0-9a-f-]{36}$/);
      assertMatch(ready.ticket, /^[\w-]+\.[\w-]+\.[\w-]+$/);
      await publish(gateway, "v1/u", "after");
      assertEquals((await client.next()).data, "after");
    });

    it("gives each session its own id", async () => {
      const token = await tokenFor(gateway, ["v1/t"]);
      const one = await connectReady(gateway, { token });
      const other = await connectReady(gateway, { token });
      assertNotEquals(one.ready.session, other.ready.session);
      await one.client.close();
      await other.client.close();
    });

    it("joins several objects by a line break in one frame", async () => {
      const data = Array.from({ length: 50 }, (_, i) => i);
      await publishAll(gateway, "batched/t", data);
      const token = await tokenFor(gateway, ["batched/t"]);
      const { client } = await connectReady(gateway, {
        token,
        since: "start",
      });
      await using _ = client;
      const text = await client.socket.next() ?? "";
      const lines = text.split("\n");
      assert(lines.length > 1);
      assertEquals(lines.map((line) => JSON.parse(line).data), data);
    });

    it("accepts the token in a frame after connecting", async () => {
      await using client = await connectWire(gateway, { v1: true });
      await client.subscribe(await tokenFor(gateway, ["later/t"]), "1");
      assertEquals((await client.ready()).ref, "1");
      await publish(gateway, "later/t", 1);
      assertEquals((await client.next()).data, 1);
    });
  });
});

describe("a client of tidings.v1 without a valid token", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({ tokenDeadline: "50ms" });
  });
  afterAll(() => gateway.close());

  async function options() {
    const { signingKey } = gateway;
    const other = `signkey-other-${"f".repeat(64)}`;
    return {
      "without a token": {},
      "with a malformed token": { token: "a.b.c" },
      "with another gateway's token": {
        token: await tokenFor({ url: "", signingKey: other }, ["c/t"]),
      },
      "with a token for publishing": {
        token: await tokenFor({ url: "", signingKey }, ["c/t"], {
          use: "publish",
        }),
      },
    };
  }

  it(
    isDeno
      ? "gets no WebSocket, as Deno would take frames of 64 MiB from it"
      : "gets a WebSocket, whose close says why",
    async () => {
      for (const [what, connecting] of Object.entries(await options())) {
        const { answer, socket } = await handshake(gateway, {
          ...connecting,
          v1: true,
        });
        assertEquals(answer.status, isDeno ? 401 : 101, what);
        if (isDeno) {
          assertMatch(
            answer.body,
            /"code":"(unauthenticated|invalid_token)"/,
          );
        } else assertEquals((await socket?.closed)?.code, 4401, what);
      }
    },
  );

  it("may come with a valid token in the subprotocol, in a header or in the query", async () => {
    const token = await tokenFor(gateway, ["c/t"]);
    const ways = [
      { token },
      { headers: { authorization: `Bearer ${token}` } },
      { protocols: [`tidings.bearer.${token}`] },
    ];
    for (const way of ways) {
      const { answer, socket } = await handshake(gateway, { ...way, v1: true });
      assertEquals(answer.status, 101);
      await socket?.close();
    }
  });

  it("learns of a malformed since by the close, if its token is valid", async () => {
    const token = await tokenFor(gateway, ["c/t"]);
    await using client = await connectWire(gateway, {
      token,
      since: "no",
      v1: true,
    });
    assertEquals((await client.error()).code, "invalid_argument");
    assertEquals((await client.closed).code, 4400);
  });
});

if (!isDeno) {
  describe("the deadline for a token", () => {
    it("closes a connection without one with 4401", async () => {
      await using gateway = await startGateway({ tokenDeadline: "50ms" });
      await using client = await connectWire(gateway, { v1: true });
      assertEquals((await client.error()).code, "unauthenticated");
      assertEquals((await client.closed).code, 4401);
    });

    it("is not extended by other frames or invalid tokens", async () => {
      await using gateway = await startGateway({ tokenDeadline: "500ms" });
      await using client = await connectWire(gateway, { v1: true });
      await client.send({ kind: "pong" });
      await client.subscribe("garbage", "1");
      assertEquals(await client.error(), { ref: "1", code: "invalid_token" });
      assertEquals((await client.error()).code, "unauthenticated");
      assertEquals((await client.closed).code, 4401);
    });

    it("ends with a valid token", async () => {
      await using gateway = await startGateway({ tokenDeadline: "500ms" });
      const token = await tokenFor(gateway, ["c/t"]);
      await using client = await connectWire(gateway, { v1: true });
      await client.subscribe(token);
      await client.ready();
      await using late = await connectWire(gateway, { v1: true });
      // The deadline of this later connection has passed as well.
      assertEquals((await late.closed).code, 4401);
      await publish(gateway, "c/t", 1);
      assertEquals((await client.next()).data, 1);
    });
  });
}

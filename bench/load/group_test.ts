import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createServer, type Server, type Socket } from "node:net";
import process from "node:process";
import { Group } from "./group.ts";
import { payload } from "./payload.ts";
import type { Measured } from "./traffic.ts";
import { TOPIC } from "../../tests/support/topic.ts";
import { mintToken } from "../../core/protocol/mint_token.ts";
import { startGateway } from "../../tests/support/gateway/gateway.ts";

const LOAD = { bytes: 250, seconds: 0.2, pid: process.pid };

/** A server that forwards what publishers post. */
interface Relay {
  readonly port: number;
  readonly posts: string[];
  close(): Promise<void>;
}

/** Starts a server that forwards what is posted, after `change`. */
async function startRelay(
  change: (posts: string[]) => string[],
): Promise<Relay> {
  const subscribers = new Set<Socket>();
  const sockets = new Set<Socket>();
  const posts: string[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const text = bytes.toString();
      if (text.startsWith("GET")) {
        subscribers.add(socket);
        socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      } else if (text.startsWith("POST")) {
        posts.push(text.slice(text.indexOf("\r\n\r\n") + 4));
        const out = change(posts.slice(-1)).join("");
        for (const subscriber of subscribers) subscriber.write(out);
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      }
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(Object(server.address()).port));
  });
  return {
    port,
    posts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Measures a relay with 3 subscribers and 2 publishers. */
async function measure(relay: Relay): Promise<Measured> {
  const { port } = relay;
  const { group } = await Group.open({
    port,
    dialect: "bare",
    channel: "c",
    count: 3,
  }, process.pid);
  try {
    return await group.publish(
      { port, dialect: "bare", count: 2, token: "" },
      LOAD,
    );
  } finally {
    group.close();
    await relay.close();
  }
}

describe("Group", () => {
  it("counts what was posted and what each subscriber received", async () => {
    const relay = await startRelay((posts) => posts);
    const measured = await measure(relay);
    assert(measured.published > 0);
    assertEquals(measured.published, relay.posts.length);
    assertEquals(measured.delivered, 3 * relay.posts.length);
    const { missing, repeated, outstanding, isOneOrder } = measured;
    assertEquals(
      { missing, repeated, outstanding, isOneOrder },
      { missing: 0, repeated: 0, outstanding: 0, isOneOrder: true },
    );
  });

  it("notices a message that the server sent twice", async () => {
    let count = 0;
    const relay = await startRelay((posts) =>
      ++count === 5 ? [...posts, ...posts] : posts
    );
    assertEquals((await measure(relay)).repeated, 3);
  });

  it("notices a message that the server sent late", async () => {
    let kept: string[] = [];
    let count = 0;
    const relay = await startRelay((posts) => {
      const out = [...posts, ...kept];
      kept = [];
      if (++count !== 5) return out;
      kept = posts;
      return [];
    });
    const { missing, repeated, isOneOrder } = await measure(relay);
    // If the next message is another publisher's, both arrive in their own order.
    assert(missing === repeated && isOneOrder);
  });

  it("measures what another process publishes, and notices what is lost or repeated", async () => {
    const times = [1, 0, 2, 1];
    const changes = [
      (post: string) => [post],
      // The second message is lost, and the third one arrives twice.
      (post: string) => new Array(times[Number(post.at(11))] ?? 0).fill(post),
    ];
    const found = [];
    for (const change of changes) {
      const relay = await startRelay((posts) => posts.flatMap(change));
      const { port } = relay;
      const options = {
        port,
        dialect: "bare",
        channel: "c",
        count: 3,
      } as const;
      const { group } = await Group.open(options, process.pid);
      group.begin(LOAD);
      for (const number of [0, 1, 2, 3]) {
        const body = payload(99, number, LOAD.bytes - 2);
        await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
      }
      const { delivered, missing, repeated } = await group.end(4);
      found.push({ delivered, missing, repeated });
      group.close();
      await relay.close();
    }
    assertEquals(found, [
      { delivered: 12, missing: 0, repeated: 0 },
      { delivered: 12, missing: 3, repeated: 3 },
    ]);
  });

  it("counts as many messages as the gateway's log has", async () => {
    await using gateway = await startGateway();
    const { url, signingKey } = gateway;
    const port = Number(new URL(url).port);
    for (
      const [dialect, publisher] of [
        ["tidings.v1", "tidings"],
        ["tidings plain", "tidings"],
        ["tidings sse", "tidings"],
        ["tidings.v1", "tidings batch"],
        ["tidings.v1", "tidings socket"],
      ] as const
    ) {
      const channel = `${dialect} ${publisher}`.replaceAll(/\W/g, "-");
      const { group } = await Group.open({
        port,
        dialect,
        channel,
        count: 4,
        signingKey,
      }, process.pid);
      const topics = [{ channel: `${channel}-0`, name: TOPIC }];
      const measured = await group.publish({
        port,
        dialect: publisher,
        count: 2,
        perRequest: publisher === "tidings batch" ? 100 : 1,
        token: publisher === "tidings socket"
          ? await mintToken(signingKey, { topics, publish: true })
          : signingKey,
      }, { ...LOAD, rate: 100 });
      group.close();
      const response = await fetch(
        `${url}/v1/realtime/history?channel=${channel}-0`,
        { headers: { authorization: `Bearer ${signingKey}` } },
      );
      const { position } = await response.json();
      const top = Number(position.split("-")[1]);
      assert(top >= 20 || publisher !== "tidings", dialect);
      assertEquals(measured.published, top, dialect);
      assertEquals(measured.delivered, 4 * top, dialect);
      assertEquals(measured.missing + measured.repeated, 0, dialect);
      assert(measured.p50 > 0 && measured.p99 >= measured.p50);
    }
  });

  it("fails when a publisher is refused", async () => {
    await using gateway = await startGateway();
    const port = Number(new URL(gateway.url).port);
    const { group } = await Group.open({
      port,
      dialect: "tidings.v1",
      channel: "c",
      count: 1,
      signingKey: gateway.signingKey,
    }, process.pid);
    await assertRejects(() =>
      group.publish(
        { port, dialect: "tidings", count: 1, token: "wrong" },
        LOAD,
      )
    );
    group.close();
  });
});

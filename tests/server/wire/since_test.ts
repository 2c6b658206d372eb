import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Position } from "../../../core/protocol/id.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { formatCursor, parseSince } from "../../../server/wire/since.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, publish, publishAll } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  type Frame,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** The frames at the start of a subscription, and its messages. */
interface Outcome {
  readonly position: string;
  readonly recovered: boolean | undefined;
  readonly gap: unknown;
  readonly data: readonly unknown[];
}

describe("since", () => {
  let gateway: TestGateway;
  let ids: string[];
  let epoch: string;
  beforeAll(async () => {
    gateway = await startGateway();
    ids = [];
    for (let i = 1; i <= 6; i++) {
      ids.push(await publish(gateway, `log/${i % 2 ? "odd" : "even"}`, i));
    }
    epoch = ids[0]?.slice(0, 8) ?? "";
  });
  afterAll(() => gateway.close());

  /** Connects, publishes a last message, and takes everything up to it. */
  async function from(
    since: string | undefined,
    topics = ["log/odd", "log/even"],
  ): Promise<Outcome> {
    const token = await tokenFor(gateway, [...topics, "log/last"]);
    const { client, ready } = await connectReady(gateway, {
      token,
      ...(since === undefined ? {} : { since }),
    });
    await using _ = client;
    await publish(gateway, "log/last", "last");
    const frames: Frame[] = [];
    do frames.push(await client.next()); while (
      frames.at(-1)?.data !== "last"
    );
    const gap = frames.find(({ kind }) => kind === "gap");
    if (gap) assertEquals(frames[0], gap, "a gap comes first");
    return {
      position: ready.channels[0]?.position.slice(9) ?? "",
      recovered: ready.channels[0]?.recovered,
      gap: gap?.data,
      data: frames.filter(({ kind, topic }) =>
        kind === "data" && topic !== "last"
      ).map(({ data }) => data),
    };
  }

  it("absent: starts now", async () => {
    const { position, ...outcome } = await from(undefined);
    assertEquals(outcome, { recovered: undefined, gap: undefined, data: [] });
    assertEquals(Number(position) >= 6, true);
  });

  it("start: starts with the oldest message in the log", async () => {
    assertEquals(await from("start"), {
      position: "0",
      recovered: undefined,
      gap: undefined,
      data: [1, 2, 3, 4, 5, 6],
    });
    assertEquals((await from("start", ["log/even"])).data, [2, 4, 6]);
  });

  it("last:<n>: starts with the newest n messages of the granted topics", async () => {
    // Without the topic "last", whose messages would count.
    const token = await tokenFor(gateway, ["log/even"]);
    for (
      const [since, position, data] of [
        ["last:1", "5", [6]],
        ["last:2", "3", [4, 6]],
        ["last:100", "0", [2, 4, 6]],
      ] as const
    ) {
      const { client, ready } = await connectReady(gateway, { token, since });
      assertEquals(ready.channels[0]?.position, `${epoch}-${position}`);
      assertEquals(ready.channels[0]?.recovered, undefined);
      assertEquals(await client.takeData(data.length), [...data]);
      await client.close();
    }
  });

  it("an id: delivers the messages after it", async () => {
    assertEquals(await from(ids[3]), {
      position: "4",
      recovered: true,
      gap: undefined,
      data: [5, 6],
    });
    assertEquals((await from(`${epoch}-0`)).data, [1, 2, 3, 4, 5, 6]);
  });

  it("the newest id: recovers, and delivers nothing", async () => {
    const newest = await publish(gateway, "log/other", 0);
    const { recovered, gap, data } = await from(newest);
    assertEquals([recovered, gap, data], [true, undefined, []]);
  });

  it("an id of another epoch: reports a gap, and delivers all messages in the log", async () => {
    assertEquals(await from("zzzzzzzz-3"), {
      position: "0",
      recovered: false,
      gap: { after: "zzzzzzzz-3", before: ids[0] },
      data: [1, 2, 3, 4, 5, 6],
    });
  });

  it("an id that the log never had: reports a gap", async () => {
    for (const since of [`${epoch}-1000000`, `${epoch}-9007199254740991`]) {
      const { recovered, gap, data } = await from(since);
      const { after, before } = Object(gap);
      assertEquals([recovered, after, data], [false, since, []]);
      assertEquals(before.slice(0, 8), epoch);
    }
  });

  it("a cursor: starts at its position in each of its channels, and now in others", async () => {
    const first = await publish(gateway, "one/t", 1);
    await publish(gateway, "one/t", 2);
    await publish(gateway, "two/t", 3);
    const token = await tokenFor(gateway, ["two/t", "one/t"]);
    const since = formatCursor(new Map([["one", first]]));
    const { client, ready } = await connectReady(gateway, { token, since });
    await using _ = client;
    assertEquals(
      ready.channels.map(({ channel, recovered }) => [channel, recovered]),
      [["two", undefined], ["one", true]],
    );
    assertEquals((await client.next()).data, 2);
    await publish(gateway, "two/t", 4);
    assertEquals((await client.next()).data, 4);
  });

  it("an id with several channels: applies to the first channel only", async () => {
    const first = await publish(gateway, "three/t", 1);
    await publish(gateway, "three/t", 2);
    await publish(gateway, "four/t", 3);
    const token = await tokenFor(gateway, ["three/t", "four/t"]);
    const { client } = await connectReady(gateway, { token, since: first });
    await using _ = client;
    assertEquals((await client.next()).data, 2);
    await publish(gateway, "four/t", 4);
    assertEquals((await client.next()).data, 4);
  });

  describe("that is malformed", () => {
    const malformed = [
      "0",
      "end",
      "last:0",
      "last:-1",
      "last:1.5",
      "last:9999999999",
      "ABCDEFGH-1",
      "k3v9qd2m-01",
      "k3v9qd2m--1",
      // Numbers beyond 2^53 - 1 are not exact.
      "k3v9qd2m-9007199254740992",
      "k3v9qd2m-99999999999999999999",
      "c.!",
      `c.${btoa('{"a":"no id"}')}`,
      `c.${btoa("[".repeat(9000))}`,
      ...["1", "null", "[]", '["k3v9qd2m-1"]', '"k3v9qd2m-1"'].map((json) =>
        `c.${btoa(json)}`
      ),
    ];

    it("is refused with 400 for a plain client", async () => {
      const token = await tokenFor(gateway, ["log/odd"]);
      for (const since of malformed) {
        const { answer } = await handshake(gateway, { token, since });
        assertEquals(answer.status, 400, since);
      }
    });

    it("is refused with an error that answers the sub frame", async () => {
      await using client = await connectWire(gateway, { v1: true });
      const token = await tokenFor(gateway, ["log/odd"]);
      for (const since of malformed) {
        await client.subscribe(token, "r", since);
        const error = await client.error();
        assertEquals(error, { ref: "r", code: "invalid_argument" }, since);
      }
    });

    it("is refused with an error and a close when a client of tidings.v1 connects", async () => {
      const token = await tokenFor(gateway, ["log/odd"]);
      const options = { token, since: "yesterday", v1: true };
      await using client = await connectWire(gateway, options);
      assertEquals((await client.error()).code, "invalid_argument");
      assertEquals((await client.closed).code, 4400);
    });
  });
});

describe("since in a trimmed log", () => {
  it("an id that the log no longer holds: reports a gap up to the oldest message", async () => {
    const broker = new MemoryBroker({ historySize: 3 });
    await using gateway = await startGateway({ broker });
    const ids = await publishAll(gateway, "log/t", [1, 2, 3, 4, 5]);
    const token = await tokenFor(gateway, ["log/t"]);
    const lost = await connectReady(gateway, { token, since: ids[0] ?? "" });
    assertEquals(lost.ready.channels[0]?.recovered, false);
    assertEquals((await lost.client.next()).data, {
      after: ids[0],
      before: ids[2],
    });
    assertEquals(await lost.client.takeData(3), [3, 4, 5]);
    const edge = await connectReady(gateway, { token, since: ids[1] ?? "" });
    assertEquals(edge.ready.channels[0]?.recovered, true);
    assertEquals(await edge.client.takeData(3), [3, 4, 5]);
    await lost.client.close();
    await edge.client.close();
  });
});

describe("a data stream that is open", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  function line(channel: string, kind: string, data: string, id = "s") {
    return { channel, topic: "t", kind, data, stream_id: id };
  }

  it("is delivered from its start to a client that joins late, on every wire", async () => {
    await publish(gateway, "late/t", "before");
    await batch(gateway, [line("late", "datastream-start", "s")]);
    await batch(gateway, [line("late", "chunk", "a")]);
    await publish(gateway, "late/t", "between");
    await batch(gateway, [line("late", "chunk", "b")]);
    const token = await tokenFor(gateway, ["late/t"]);
    const { client: v1, ready } = await connectReady(gateway, { token });
    await using _ = v1;
    await using plain = await connectWire(gateway, { token });
    await using sse = await connectSse(gateway, { token });
    await batch(gateway, [line("late", "datastream-end", "s")]);
    await publish(gateway, "late/t", "after");
    const wanted = ["s", "ab", "s", "after"];
    assertEquals(ready.channels[0]?.position.slice(8), "-1");
    for (const client of [v1, plain, sse]) {
      const frames = await client.take(wanted.length);
      assertEquals(frames.map(({ data }) => data), wanted);
    }
  });

  it("is not delivered once it has ended", async () => {
    await batch(gateway, [
      line("ended", "datastream-start", "s"),
      line("ended", "chunk", "a"),
      line("ended", "datastream-end", "s"),
    ]);
    const token = await tokenFor(gateway, ["ended/t"]);
    await using client = await connectWire(gateway, { token });
    await publish(gateway, "ended/t", "after");
    assertEquals((await client.next()).data, "after");
  });

  it("is delivered without the chunks of a stream that has ended", async () => {
    await batch(gateway, [
      line("two", "datastream-start", "x", "x"),
      line("two", "datastream-start", "y", "y"),
      line("two", "chunk", "x1", "x"),
      line("two", "chunk", "y1", "y"),
      line("two", "datastream-end", "x", "x"),
    ]);
    const token = await tokenFor(gateway, ["two/t"]);
    await using client = await connectWire(gateway, { token });
    await batch(gateway, [line("two", "chunk", "y2", "y")]);
    assertEquals(await client.takeData(3), ["y", "y1", "y2"]);
  });
});

function positionsOf(ids: ReadonlyMap<string, string>): Map<string, Position> {
  return new Map(
    [...ids].map(([channel, id]) => [
      channel,
      { epoch: id.slice(0, 8), offset: Number(id.slice(9)) },
    ]),
  );
}

describe("parseSince()", () => {
  it("parses what formatCursor() encodes, whatever the channels' names", () => {
    const ids = new Map([
      ["user:1", "k3v9qd2m-41"],
      ["Zürich 👋", "k3v9qd2m-0"],
      ["__proto__", "k3v9qd2m-9007199254740991"],
    ]);
    assertEquals(parseSince(formatCursor(ids)), {
      from: "cursor",
      positions: positionsOf(ids),
    });
  });

  it("parses the longest cursor that a token can lead to", () => {
    const ids = new Map(
      Array.from({ length: 128 }, (_, i) => [
        '"'.repeat(252) + i,
        "k3v9qd2m-9007199254740991",
      ]),
    );
    assertEquals(parseSince(formatCursor(ids)), {
      from: "cursor",
      positions: positionsOf(ids),
    });
  });
});

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

/** What a subscription from a position is told, and which messages it gets. */
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

  /** Connects, and takes what comes up to a message that is published then. */
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

  it("absent: now", async () => {
    const { position, ...outcome } = await from(undefined);
    assertEquals(outcome, { recovered: undefined, gap: undefined, data: [] });
    assertEquals(Number(position) >= 6, true);
  });

  it("start: the oldest message in the log", async () => {
    assertEquals(await from("start"), {
      position: "0",
      recovered: undefined,
      gap: undefined,
      data: [1, 2, 3, 4, 5, 6],
    });
    assertEquals((await from("start", ["log/even"])).data, [2, 4, 6]);
  });

  it("last:<n>: the newest of the granted topics", async () => {
    // Messages of the topic "last", which earlier tests published, count too.
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

  it("an id: what is later", async () => {
    assertEquals(await from(ids[3]), {
      position: "4",
      recovered: true,
      gap: undefined,
      data: [5, 6],
    });
    assertEquals((await from(`${epoch}-0`)).data, [1, 2, 3, 4, 5, 6]);
  });

  it("the newest id: nothing, recovered", async () => {
    const newest = await publish(gateway, "log/other", 0);
    const { recovered, gap, data } = await from(newest);
    assertEquals([recovered, gap, data], [true, undefined, []]);
  });

  it("an id of another epoch: a gap, and what the log holds", async () => {
    assertEquals(await from("zzzzzzzz-3"), {
      position: "0",
      recovered: false,
      gap: { after: "zzzzzzzz-3", before: ids[0] },
      data: [1, 2, 3, 4, 5, 6],
    });
  });

  it("an id that the log never had: a gap, never a silence", async () => {
    for (const since of [`${epoch}-1000000`, `${epoch}-9007199254740991`]) {
      const { recovered, gap, data } = await from(since);
      const { after, before } = Object(gap);
      assertEquals([recovered, after, data], [false, since, []]);
      assertEquals(before.slice(0, 8), epoch);
    }
  });

  it("a cursor: the position of each channel it names, now for others", async () => {
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

  it("an id, with several channels: of the first alone", async () => {
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

  describe("of another form", () => {
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
      // Beyond 2^53 - 1, where numbers are no longer exact.
      "k3v9qd2m-9007199254740992",
      "k3v9qd2m-99999999999999999999",
      "c.!",
      `c.${btoa('{"a":"no id"}')}`,
      `c.${btoa("[".repeat(9000))}`,
      ...["1", "null", "[]", '["k3v9qd2m-1"]', '"k3v9qd2m-1"'].map((json) =>
        `c.${btoa(json)}`
      ),
    ];

    it("is refused: 400 for a plain client", async () => {
      const token = await tokenFor(gateway, ["log/odd"]);
      for (const since of malformed) {
        const { answer } = await handshake(gateway, { token, since });
        assertEquals(answer.status, 400, since);
      }
    });

    it("is refused: an error that answers the sub frame", async () => {
      await using client = await connectWire(gateway, { v1: true });
      const token = await tokenFor(gateway, ["log/odd"]);
      for (const since of malformed) {
        await client.subscribe(token, "r", since);
        const error = await client.error();
        assertEquals(error, { ref: "r", code: "invalid_argument" }, since);
      }
    });

    it("is refused: an error and a close on connecting with tidings.v1", async () => {
      const token = await tokenFor(gateway, ["log/odd"]);
      const options = { token, since: "yesterday", v1: true };
      await using client = await connectWire(gateway, options);
      assertEquals((await client.error()).code, "invalid_argument");
      assertEquals((await client.closed).code, 4400);
    });
  });
});

describe("since in a trimmed log", () => {
  it("an id that is no longer held: a gap up to the oldest that is", async () => {
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

  it("is delivered from its start to who joins late, on every wire", async () => {
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
    const wanted = ["s", "a", "b", "s", "after"];
    assertEquals(ready.channels[0]?.position.slice(8), "-1");
    for (const client of [v1, plain, sse]) {
      const frames = await client.take(5);
      assertEquals(frames.map(({ data }) => data), wanted);
    }
  });

  it("is not, once it ended", async () => {
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

  it("doesn't bring the others' chunks with it", async () => {
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
  it("reads what formatCursor() writes, whatever a channel is called", () => {
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

  it("writes the longest cursor that a token can lead to", () => {
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

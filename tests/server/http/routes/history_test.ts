import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { newMessage } from "../../../../server/wire/envelope.ts";
import { readHistory } from "../../../../server/http/read_history.ts";
import { type Broker, MemoryBroker } from "../../../../server/mod.ts";
import { formatCursor, parseSince } from "../../../../server/wire/since.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { publish, publishAll } from "../../../support/wire/publish.ts";
import {
  address,
  type Frame,
  tokenFor,
} from "../../../support/wire/websocket.ts";

interface Page {
  readonly status: number;
  readonly messages: readonly Frame[];
  readonly position: string;
  readonly more: boolean;
  readonly gap?: { readonly after: string; readonly before: string };
  readonly error?: { readonly code: string };
}

interface Query {
  readonly [name: string]: string | string[] | undefined;
}

async function history(
  gateway: TestGateway,
  query: Query,
  bearer: string = gateway.signingKey,
): Promise<Page> {
  const response = await fetch(address(gateway, "history", query), {
    headers: bearer === "" ? {} : { authorization: `Bearer ${bearer}` },
  });
  return { ...await response.json(), status: response.status };
}

function data({ messages }: Page): unknown[] {
  return messages.map((message) => message.data);
}

describe("GET /v1/realtime/history", () => {
  let gateway: TestGateway;
  let ids: string[];
  beforeAll(async () => {
    gateway = await startGateway();
    ids = [];
    for (let i = 1; i <= 9; i++) {
      ids.push(await publish(gateway, `log/${i % 3 ? "a" : "b"}`, i));
    }
  });
  afterAll(() => gateway.close());

  it("reads the log from its start", async () => {
    const page = await history(gateway, { channel: "log" });
    assertEquals(data(page), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals(page.messages.map(({ id }) => id), ids);
    assertEquals([page.position, page.more, page.gap], [
      ids[8],
      false,
      undefined,
    ]);
  });

  it("pages through the requested topics", async () => {
    const seen: unknown[][] = [];
    let since: string | undefined;
    let more = true;
    while (more) {
      const page = await history(gateway, {
        channel: "log",
        topic: "a",
        limit: "4",
        since,
      });
      seen.push(data(page));
      ({ position: since, more } = page);
    }
    assertEquals(seen, [[1, 2, 4, 5], [7, 8]]);
    assertEquals(since, ids[8]);
  });

  it("starts at the position of since", async () => {
    async function from(since: string, topic?: string): Promise<unknown[]> {
      return data(await history(gateway, { channel: "log", since, topic }));
    }
    const epoch = ids[0]?.slice(0, 8);
    assertEquals(await from("start", "b"), [3, 6, 9]);
    assertEquals(await from("last:2"), [8, 9]);
    assertEquals(await from("last:2", "b"), [6, 9]);
    assertEquals(await from("last:100"), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals(await from(ids[6] ?? ""), [8, 9]);
    assertEquals(await from(`${epoch}-0`, "b"), [3, 6, 9]);
    assertEquals(await from(ids[8] ?? ""), []);
    assertEquals(await from(`${epoch}-99`), []);
  });

  it("reads the channel's position from a cursor", async () => {
    const cursor = formatCursor(
      new Map([["other", "zzzzzzzz-1"], ["log", ids[7] ?? ""]]),
    );
    const page = await history(gateway, { channel: "log", since: cursor });
    assertEquals([data(page), page.gap], [[9], undefined]);
  });

  it("reports a gap after a position of another log", async () => {
    const page = await history(gateway, {
      channel: "log",
      topic: "b",
      since: "zzzzzzzz-4",
    });
    assertEquals(page.gap, { after: "zzzzzzzz-4", before: ids[0] ?? "" });
    assertEquals(data(page), [3, 6, 9]);
  });

  it("returns a position to continue from for a channel without messages", async () => {
    const page = await history(gateway, { channel: "silent" });
    assertEquals([page.messages.length, page.more], [0, false]);
    assertMatch(page.position, /^[a-z0-9]{8}-0$/);
    await publish(gateway, "silent/t", "late");
    const next = { channel: "silent", since: page.position };
    assertEquals(data(await history(gateway, next)), ["late"]);
  });

  it("shows only the topics of the token", async () => {
    const token = await tokenFor(gateway, ["log/b", "elsewhere/a"]);
    assertEquals(
      data(await history(gateway, { channel: "log" }, token)),
      [3, 6, 9],
    );
    assertEquals(
      data(await history(gateway, { channel: "log", token }, "")),
      [3, 6, 9],
    );
    for (
      const query of [
        { channel: "log", topic: "a" },
        { channel: "log", topic: ["b", "a"] },
        { channel: "third" },
      ]
    ) {
      const { status, error } = await history(gateway, query, token);
      assertEquals([status, error?.code], [403, "forbidden"]);
    }
  });

  it("refuses a caller without a token", async () => {
    const { status, error } = await history(gateway, { channel: "log" }, "");
    assertEquals([status, error?.code], [401, "unauthenticated"]);
  });

  it("refuses a limit that is not from 1 to 1,000", async () => {
    for (const limit of ["0", "1001", "1.5", "-1", "x", ""]) {
      const { status, error } = await history(gateway, {
        channel: "log",
        limit,
      });
      assertEquals([status, error?.code], [400, "invalid_argument"]);
    }
    assertEquals(
      (await history(gateway, { channel: "log", limit: "1000" })).status,
      200,
    );
  });

  it("refuses a malformed since", async () => {
    for (const since of ["0", "last:0", "yesterday", "c.x", `${ids[0]}x`]) {
      const { status, error } = await history(gateway, {
        channel: "log",
        since,
      });
      assertEquals([status, error?.code], [400, "invalid_argument"]);
    }
  });
});

describe("readHistory()", () => {
  /** A log that loses its oldest messages between two reads. */
  async function readWhile(
    topics: ReadonlySet<string> | undefined,
    limit: number,
  ) {
    const memory = new MemoryBroker({ historySize: 3000 });
    await memory.publish(
      "log",
      Array.from({ length: 2500 }, (_, i) => {
        const topic = i % 4 ? "b" : "a";
        return newMessage({ channel: "log" }, topic, String(i + 1));
      }),
    );
    let reads = 0;
    const broker: Broker = Object.assign(memory, {
      async read(...args: Parameters<Broker["read"]>) {
        // The first read finds the log's bounds. After the second, new messages push out the oldest 2200.
        if (++reads === 3) {
          await memory.publish(
            "log",
            Array.from(
              { length: 2700 },
              () => newMessage({ channel: "log" }, "b", "0"),
            ),
          );
        }
        return MemoryBroker.prototype.read.apply(memory, args);
      },
    });
    const { epoch } = await MemoryBroker.prototype.read.call(
      memory,
      "log",
      0,
      1,
      1,
    );
    const since = parseSince(`${epoch}-0`);
    const page = await readHistory(broker, {
      channel: "log",
      topics,
      since,
      limit,
    });
    const next = await readHistory(broker, {
      channel: "log",
      topics,
      since: parseSince(`${epoch}-${page.offset}`),
      limit,
    });
    await memory.close();
    return { epoch, page, next };
  }

  it("ends a page where the following messages were lost, so that the next page reports the gap", async () => {
    const { epoch, page, next } = await readWhile(new Set(["a"]), 1000);
    assertEquals(page.entries.length, 500);
    assertEquals([page.offset, page.more, page.gap], [2000, true, undefined]);
    assertEquals(next.gap, { after: `${epoch}-2000`, before: `${epoch}-2201` });
  });

  it("reports the gap at once when the page is still empty", async () => {
    const { epoch, page } = await readWhile(new Set(["c"]), 1000);
    assertEquals(page.entries.length, 0);
    assertEquals(page.gap, { after: `${epoch}-0`, before: `${epoch}-2201` });
  });
});

describe("GET /v1/realtime/history of a trimmed log", () => {
  it("starts with the oldest message and reports the gap", async () => {
    const broker = new MemoryBroker({ historySize: 3 });
    await using gateway = await startGateway({ broker });
    const ids = await publishAll(gateway, "log/t", [1, 2, 3, 4, 5, 6]);
    const start = await history(gateway, { channel: "log" });
    assertEquals([data(start), start.gap], [[4, 5, 6], undefined]);
    const old = await history(gateway, { channel: "log", since: ids[1] });
    assertEquals(data(old), [4, 5, 6]);
    assertEquals(old.gap, { after: ids[1] ?? "", before: ids[3] ?? "" });
    const edge = await history(gateway, { channel: "log", since: ids[2] });
    assertEquals([data(edge), edge.gap], [[4, 5, 6], undefined]);
  });
});

import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { CLUSTERS } from "../../support/brokers/clusters.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import {
  batch,
  type LineAnswer,
  postJson,
} from "../../support/wire/publish.ts";
import { logOf, postStream, producerOf } from "../../support/wire/streams.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

/** Two gateways with the same log, at the same time or one after the other. */
interface Places {
  readonly first: TestGateway;
  /** Returns the other gateway, which knows of the streams only what the log has. */
  other(): Promise<TestGateway>;
  close(): Promise<void>;
}

async function startCluster(
  start: typeof CLUSTERS[number][1],
): Promise<Places> {
  const cluster = await start();
  const first = await startGateway({ broker: cluster.broker() });
  const other = await startGateway({ broker: cluster.broker() });
  return {
    first,
    other: () => Promise.resolve(other),
    async close() {
      await Promise.all([first.close(), other.close()]);
      await cluster.close();
    },
  };
}

async function startAgain(): Promise<Places> {
  const folder = await DatabaseFolder.create();
  const first = await startGateway({ broker: await folder.open() });
  let other: TestGateway | undefined;
  return {
    first,
    async other() {
      await first.close();
      return other = await startGateway({ broker: await folder.open() });
    },
    async close() {
      await other?.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const PLACES: ReadonlyArray<readonly [string, () => Promise<Places>]> = [
  ...CLUSTERS.map(([name, start]) =>
    [`another gateway on ${name}`, () => startCluster(start)] as const
  ),
  ["the gateway after a restart on SQLite", startAgain],
];

function codeOf({ error }: LineAnswer): string {
  return error?.code ?? "ok";
}

/** Makes a token that publishes everywhere. */
function clientOf(target: TestGateway, sub: string): Promise<string> {
  return tokenFor(target, [], { use: "publish", publish: true, sub });
}

/** Tries all by which a client could add to the stream `s`, end it or keep it open; returns the codes. */
async function intrude(
  target: TestGateway,
  channel: string,
  bearer: string,
): Promise<unknown> {
  const line = producerOf(target, channel, "s", bearer);
  const query = { channel, topic: "t", stream_id: "s" };
  const { error } = await postStream(target, "keep", query, bearer);
  return [
    codeOf(await line("chunk")),
    codeOf(await line("end")),
    error?.code,
    codeOf(await line("start", { producer: "client" })),
    codeOf(await line("chunk", { whole: true })),
    codeOf(await line("chunk", { kind: "event", topic: "$lease", data: "t" })),
    codeOf(await line("chunk", { kind: "data" })),
    codeOf(await line("end")),
  ];
}

const INTRUDED = [
  ...["conflict", "conflict", "conflict"],
  // A client may choose any id for a stream of its own. It publishes no events, which renew leases.
  ...["ok", "ok", "forbidden", "ok", "ok"],
];

for (const [name, start] of PLACES) {
  describe(`A stream, by ${name}`, () => {
    it("has messages of its producer only, whatever a client's token grants", async () => {
      const places = await start();
      try {
        const { first } = places;
        await producerOf(first, "app", "s")("start", { producer: "app" });
        const ada = await clientOf(first, "ada");
        const bob = await clientOf(first, "bob");
        await producerOf(first, "ada", "s", ada)("start");
        const own = (await logOf(first, "ada"))[0]?.stream_id;
        assertMatch(String(own), /^client~[\w-]{22}~s$/);
        assertEquals(await intrude(first, "app", bob), INTRUDED);
        assertEquals(await intrude(first, "ada", bob), INTRUDED);

        const other = await places.other();
        assertEquals(await intrude(other, "app", ada), INTRUDED);
        const eve = await clientOf(other, "eve");
        assertEquals(await intrude(other, "ada", eve), INTRUDED);
        // A new token of the same user goes on with its stream, under either id.
        const again = await clientOf(other, "ada");
        for (const id of ["s", String(own)]) {
          const line = producerOf(other, "ada", id, again);
          assertEquals(codeOf(await line("chunk")), "ok");
          const query = { channel: "ada", topic: "t", stream_id: id };
          const kept = await postStream(other, "keep", query, again);
          assertEquals(kept.open, true);
        }
        const line = producerOf(other, "app", "s");
        assertEquals(codeOf(await line("chunk")), "ok");
        assertEquals(codeOf(await line("end")), "ok");
        for (
          const [channel, id, chunks] of [["app", "s", 1], ["ada", own, 2]]
        ) {
          const log = await logOf(other, String(channel));
          const kinds = log.filter(({ stream_id, topic }) =>
            stream_id === id && topic !== "$lease"
          ).map(({ kind }) => kind);
          assertEquals(kinds, [
            "datastream-start",
            ...Array.from({ length: Number(chunks) }, () => "chunk"),
            ...channel === "app" ? ["datastream-end"] : [],
          ]);
        }
      } finally {
        await places.close();
      }
    });

    it("of a client doesn't take the id of an app's stream that begins later", async () => {
      const places = await start();
      try {
        const { first } = places;
        const eve = await clientOf(first, "eve");
        for (const kind of ["start", "end"] as const) {
          await producerOf(first, "id", "s", eve)(kind);
        }
        const other = await places.other();
        const line = producerOf(other, "id", "s");
        assertEquals(codeOf(await line("start", { producer: "p" })), "ok");
        assertEquals(codeOf(await line("chunk")), "ok");
      } finally {
        await places.close();
      }
    });
  });
}

describe("A client's stream", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("neither hinders the app's next one nor is stopped by it, and doesn't stop the app's", async () => {
    const ada = await clientOf(gateway, "ada");
    const other_streams = "refuse";
    const refusing = async (id: string, bearer?: string) =>
      codeOf(
        await producerOf(gateway, "alone", id, bearer)("start", {
          other_streams,
        }),
      );
    assertEquals(await refusing("1", ada), "ok");
    assertEquals(await refusing("2"), "ok");
    assertEquals(await refusing("3"), "stream_open");
    assertEquals(await refusing("4", ada), "stream_open");
    assertEquals(await refusing("5", await clientOf(gateway, "bob")), "ok");
    const stopping = { other_streams: "replace" };
    const third = producerOf(gateway, "alone", "6", ada);
    assertEquals(codeOf(await third("start", stopping)), "ok");
    const chunks = [
      await producerOf(gateway, "alone", "1", ada)("chunk"),
      await producerOf(gateway, "alone", "2")("chunk"),
    ];
    assertEquals(chunks.map(codeOf), ["stream_stopped", "ok"]);
    const next = producerOf(gateway, "alone", "7");
    assertEquals(codeOf(await next("start", stopping)), "ok");
    assertEquals(codeOf(await third("chunk")), "ok");
  });

  it("is a stream of its own in several lines, and as a body", async () => {
    const ada = await clientOf(gateway, "ada");
    const line = { channel: "ways", topic: "t", stream_id: "s", data: "x" };
    const kinds = ["datastream-start", "chunk", "datastream-end"];
    const lines = kinds.map((kind) => ({ ...line, kind }));
    assertEquals((await batch(gateway, lines, ada)).map(codeOf), [
      ...["ok", "ok", "ok"],
    ]);
    const { stream_id } = await postJson(gateway, {
      channel: "ways",
      topic: "t",
      headers: { "content-type": "text/stream" },
      body: "text",
      bearer: ada,
    });
    const ids = (await logOf(gateway, "ways")).map(({ stream_id }) =>
      String(stream_id)
    );
    assertEquals(new Set(ids.slice(0, 3)).size, 1);
    assertEquals(new Set(ids.slice(3)), new Set([stream_id]));
    const marks = new Set(ids.map((id) => id.slice(0, id.lastIndexOf("~"))));
    assertEquals(marks.size, 1);
  });
});

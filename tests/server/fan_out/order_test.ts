import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  type Frame,
  tokenFor,
} from "../../support/wire/websocket.ts";

const PUBLISHERS = 50;
const MESSAGES = 10;

/** Connects a client and takes everything that the publishers send. */
type Subscriber = (gateway: TestGateway, token: string) => Promise<{
  readonly frames: Promise<readonly Frame[]>;
}>;

const TOTAL = PUBLISHERS * MESSAGES;

const SUBSCRIBERS: Readonly<Record<string, Subscriber>> = {
  async "a plain WebSocket"(gateway, token) {
    const client = await connectWire(gateway, { token });
    return { frames: client.take(TOTAL).finally(() => client.close()) };
  },
  async "a WebSocket of tidings.v1"(gateway, token) {
    const { client } = await connectReady(gateway, { token });
    return { frames: client.take(TOTAL).finally(() => client.close()) };
  },
  async "another WebSocket of tidings.v1, with more topics"(gateway) {
    const token = await tokenFor(gateway, ["c/t", "c/u", "d/t"]);
    const { client } = await connectReady(gateway, { token });
    return { frames: client.take(TOTAL).finally(() => client.close()) };
  },
  async "an event stream"(gateway, token) {
    const client = await connectSse(gateway, { token });
    const frames = client.take(TOTAL);
    return { frames: frames.finally(() => client[Symbol.asyncDispose]()) };
  },
};

describe("the order of a channel", () => {
  it("is the same for all subscribers on every wire, with 50 publishers at once", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const subscribers = await Promise.all(
      Object.values(SUBSCRIBERS).map((start) => start(gateway, token)),
    );
    await Promise.all(
      Array.from({ length: PUBLISHERS }, async (_, publisher) => {
        for (let i = 0; i < MESSAGES; i++) {
          await publish(gateway, "c/t", `${publisher}:${i}`);
        }
      }),
    );
    const orders = await Promise.all(subscribers.map(({ frames }) => frames));
    const [first = []] = orders;
    assertEquals(
      first.map(({ id }) => Number(id.slice(9))),
      Array.from({ length: TOTAL }, (_, i) => i + 1),
    );
    for (const [i, name] of Object.keys(SUBSCRIBERS).entries()) {
      const seen = orders[i]?.map(({ id, data }) => [id, data]);
      assertEquals(seen, first.map(({ id, data }) => [id, data]), name);
    }
    // Each publisher's messages keep the order in which it sent them.
    for (let publisher = 0; publisher < PUBLISHERS; publisher++) {
      const own = first.map(({ data }) => String(data).split(":"))
        .filter(([name]) => name === String(publisher));
      assertEquals(
        own.map(([, i]) => Number(i)),
        Array.from({ length: MESSAGES }, (_, i) => i),
      );
    }
  });
});

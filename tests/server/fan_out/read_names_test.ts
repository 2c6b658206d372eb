import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import type { ReadOptions } from "../../../server/brokers/broker.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { publishAll } from "../../support/wire/publish.ts";
import { connectRaw } from "../../support/wire/raw_client.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

/** Returns the id of a token. */
function jtiOf(token: string): string {
  const [, claims = ""] = token.split(".");
  return JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).jti;
}

describe("a log that is read for a token", () => {
  it("is read in the name of the token, and only for its topics", async () => {
    const memory = new MemoryBroker();
    const asked: (ReadOptions | undefined)[] = [];
    const names: (string | undefined)[] = [];
    const broker: Broker = Object.assign(memory, {
      read(...args: Parameters<Broker["read"]>) {
        asked.push(args[4]);
        return MemoryBroker.prototype.read.apply(memory, args);
      },
      before(...args: Parameters<Broker["before"]>) {
        names.push(args[3]);
        const [channel, topics, count] = args;
        return MemoryBroker.prototype.before
          .call(memory, channel, topics, count);
      },
    });
    await using gateway = await startGateway({ broker });
    const ids = await publishAll(gateway, "log/t", [1, 2]);
    await publishAll(gateway, "log/other", [3]);
    const token = await tokenFor(gateway, ["log/t"]);
    const reader = jtiOf(token);

    for (const since of ["start", "last:1", ids[0] ?? ""]) {
      for (const transport of ["websocket", "sse"] as const) {
        await using client = await connectRaw(gateway, transport, {
          token,
          since,
        });
        await client.take(since === "start" ? 2 : 1);
      }
      const url = address(gateway, "history", { channel: "log", since });
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(url, { headers });
      assertEquals((await response.json()).more, false);
    }
    assert(asked.length > 0 && names.length > 0);
    for (const options of asked) assertEquals(options?.reader, reader);
    for (const name of names) assertEquals(name, reader);
    const topics = asked.flatMap((options) => options?.topics ?? []);
    // Each of the nine reads one page, and some look at the log first.
    assertEquals(topics, Array.from({ length: 9 }, () => new Set(["t"])));
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startGateway } from "../../support/gateway/gateway.ts";
import { type CollectedLog, collectLog } from "../../support/log.ts";
import { until } from "../../support/until.ts";
import { postJson } from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** Returns the fields of the events with a name. */
function eventsIn(
  { records }: CollectedLog,
  name: string,
): Array<Record<string, unknown>> {
  return records.map(({ properties }) => properties)
    .filter(({ event }) => event === name);
}

describe("the log of a gateway's events", () => {
  it("has a client's connection from its beginning to its end", async () => {
    await using log = await collectLog("debug");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t", "c/u"], { sub: "ann" });
    const { client, ready } = await connectReady(gateway, { token });
    const facts = {
      session: ready.session,
      transport: "websocket",
      protocol: "tidings.v1",
      address: "127.0.0.1",
      origin: undefined,
    };
    await revoke(gateway, { sub: "ann" });
    await client.closed;
    await until(() => eventsIn(log, "closed").length === 1);

    assertEquals(eventsIn(log, "connected"), [
      { event: "connected", subject: undefined, ...facts },
    ]);
    const [subscribed] = eventsIn(log, "subscribed");
    assertEquals(subscribed, {
      event: "subscribed",
      channel: "c",
      topics: ["t", "u"],
      position: ready.channels[0]?.position,
      subject: "ann",
      ...facts,
    });
    const [refused] = eventsIn(log, "refused");
    assertEquals([refused?.code, refused?.error], [4403, "forbidden"]);
    const [closed] = eventsIn(log, "closed");
    assertEquals([closed?.code, closed?.reason], [4403, refused?.reason]);
    assertEquals(closed?.subject, "ann");
  });

  it("has the close code of a client that leaves", async () => {
    await using log = await collectLog("debug");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const client = await connectWire(gateway, { token });
    await client.close();
    await until(() => eventsIn(log, "closed").length === 1);
    const sse = await connectSse(gateway, { token });
    await sse[Symbol.asyncDispose]();
    await until(() => eventsIn(log, "closed").length === 2);
    assertEquals(
      eventsIn(log, "closed").map(({ transport, protocol, code }) => [
        transport,
        protocol,
        code,
      ]),
      [["websocket", "plain", 1000], ["sse", "plain", 1001]],
    );
  });

  it("has each refusal, with its sentence, its status or close code, and where it came from", async () => {
    await using log = await collectLog("info");
    const origin = "https://other.example";
    await using gateway = await startGateway({
      allowedOrigins: ["https://app.example"],
    });
    const token = await tokenFor(gateway, ["c/t"]);
    const message = { channel: "c", topic: "t", body: "1" };
    await postJson(gateway, { ...message, bearer: "wrong" });
    await handshake(gateway, { token, headers: { origin } });
    await handshake(gateway, { token: "a.b.c" });
    const { client } = await connectReady(gateway, { token });
    await client.subscribe("a.b.c", "1");
    await client.error();
    await client.close();
    const refusals = eventsIn(log, "refused");
    assertEquals(refusals.map(({ code, error }) => [code, error]), [
      [401, "unauthenticated"],
      [403, "forbidden"],
      [401, "invalid_token"],
      [4401, "invalid_token"],
    ]);
    assertEquals(refusals[1]?.origin, origin);
    assertEquals(refusals.map(({ address }) => address), [
      "127.0.0.1",
      "127.0.0.1",
      "127.0.0.1",
      "127.0.0.1",
    ]);
  });

  it("tells at most 10 refusals of a kind in a second", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    for (let i = 0; i < 30; i++) {
      const message = { channel: "c", topic: "t", body: "1" };
      const { status } = await postJson(gateway, { ...message, bearer: "no" });
      assertEquals(status, 401);
    }
    // The requests may be spread over two seconds, hardly over three.
    const told = eventsIn(log, "refused").length;
    assertEquals(told >= 10 && told < 30, true);
  });

  it("says that the gateway stops, and when its clients have left", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    await gateway.gateway.drain({ spreadMs: 1 });
    await client.closed;
    assertEquals(
      log.records.map(({ properties: { event, connections } }) => [
        event,
        connections,
      ]),
      [["stopping", 1], ["drained", 0]],
    );
  });
});

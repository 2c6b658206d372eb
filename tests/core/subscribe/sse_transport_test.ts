import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { takeData } from "../../support/client/client.ts";
import {
  EPOCH,
  frame,
  readyFrame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { join, states } from "../../support/client/joining.ts";

const READY = `data: ${JSON.stringify(readyFrame())}\n\n`;

describe("A connection without WebSockets", () => {
  it("uses Server-Sent Events, with the token in a header", async () => {
    await using gateway = await startFakeGateway({ sockets: false });
    const opening = join(gateway, { from: "start" });
    const { method, url, headers, response } = await gateway.request();
    assertEquals(
      [method, url.pathname, url.searchParams.get("protocol")],
      ["GET", "/v1/realtime/sse", "tidings.v1"],
    );
    assertEquals(url.searchParams.get("since"), "start");
    assertEquals(headers.authorization, "Bearer jwt");
    assert(!url.search.includes("jwt"));
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(READY);
    const subscription = await opening;
    const event = `id: 1\ndata: ${JSON.stringify(frame(1, "h€llo"))}\n\n`;
    const bytes = new TextEncoder().encode(event);
    response.write(bytes.slice(0, 60));
    response.write(bytes.slice(60));
    assertEquals(await takeData(subscription, 1), ["h€llo"]);
    await subscription.close();
  });

  it("takes a refusal from a frame, and ends only that request", async () => {
    await using gateway = await startFakeGateway();
    const opening = join(gateway, { transport: "sse" });
    const other = join(gateway, { transport: "sse" });
    const requests = [await gateway.request(), await gateway.request()];
    const [refused, accepted] = requests.map(({ response }) => response);
    refused?.writeHead(200, { "content-type": "text/event-stream" });
    const data = { code: "forbidden", message: "Revoked" };
    refused?.write(`data: ${JSON.stringify({ kind: "error", data })}\n\n`);
    const error = await opening.then(() => undefined, (error) => error);
    assertEquals([error.code, error.message], ["forbidden", "Revoked"]);
    accepted?.writeHead(200, { "content-type": "text/event-stream" });
    accepted?.write(READY);
    const subscription = await other;
    assertEquals(subscription.position(), `${EPOCH}-0`);
    await subscription.close();
  });

  it("retries after a response that is not the gateway's", async () => {
    await using gateway = await startFakeGateway();
    const { onState, reached } = states();
    const controller = new AbortController();
    const opening = join(gateway, {
      transport: "sse",
      onState,
      signal: controller.signal,
    });
    const { response } = await gateway.request();
    response.writeHead(502, { "content-type": "text/html" });
    response.end("<h1>Bad gateway</h1>");
    await reached("waiting");
    await gateway.request();
    controller.abort();
    assertEquals(await opening.catch(({ code }) => code), "aborted");
  });

  it("makes one request for each subscription, and reconnects all when one is lost", async () => {
    await using gateway = await startFakeGateway();
    const opening = [
      join(gateway, { transport: "sse" }),
      join(gateway, { transport: "sse" }),
    ];
    const requests = [await gateway.request(), await gateway.request()];
    for (const { response } of requests) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(READY);
    }
    const [one, two] = await Promise.all(opening);
    assert(one && two);
    for (const [i, { response }] of requests.entries()) {
      response.write(`data: ${JSON.stringify(frame(i + 1, i))}\n\n`);
    }
    // Each subscription gets its own messages, although both read the same topic.
    const taken = [await takeData(one, 1), await takeData(two, 1)];
    assertEquals(taken.flat().sort(), [0, 1]);
    requests[0]?.response.end();
    const again = [await gateway.request(), await gateway.request()];
    assertEquals(
      again.map(({ url }) => url.searchParams.get("since")).sort(),
      [`${EPOCH}-1`, `${EPOCH}-2`],
    );
    assertEquals(
      again.map(({ headers }) => headers.authorization),
      ["Bearer ticket", "Bearer ticket"],
    );
    await one.close();
    await two.close();
  });
});

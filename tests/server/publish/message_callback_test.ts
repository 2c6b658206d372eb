import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeJwt } from "jose";
import type { InboundMessage } from "../../../server/mod.ts";
import { createInbox, type Inbox } from "../../inngest/sdk.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { collectLog } from "../../support/log.ts";
import { batch, postJson, publish } from "../../support/wire/publish.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

/** Starts a gateway that puts clients' messages into an inbox. */
async function start(
  options: { readonly dev?: boolean } = {},
): Promise<{ gateway: TestGateway; inbox: Inbox<InboundMessage> }> {
  const inbox = createInbox<InboundMessage>();
  const gateway = await startGateway({ ...options, onMessage: inbox.put });
  return { gateway, inbox };
}

describe("createGateway({ onMessage })", () => {
  it("is called with a message that a client publishes by HTTP", async () => {
    const { gateway, inbox } = await start();
    const options = { publish: true, sub: "ann" } as const;
    const bearer = await tokenFor(gateway, ["c/t"], options);
    const question = await publish(gateway, "c/q", "Go?");
    const { id } = await postJson(gateway, {
      channel: "c",
      topic: "t",
      query: { reply_to: question },
      body: '{"a":1}',
      bearer,
    });
    assertEquals(await inbox.next(), {
      channel: "c",
      topic: "t",
      kind: "data",
      data: { a: 1 },
      id,
      replyTo: question,
      subject: "ann",
      jti: String(decodeJwt(bearer).jti),
    });
    await gateway.close();
  });

  it("is called with the message of a frame, and of each line of a batch", async () => {
    const { gateway, inbox } = await start();
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    const { client } = await connectReady(gateway, { token });
    await client.send({ kind: "publish", channel: "c", topic: "t", data: 1 });
    const { data, subject } = await inbox.next();
    assertEquals([data, subject], [1, undefined]);
    await client.close();

    const lines = [2, 3].map((data) => ({ channel: "c", topic: "t", data }));
    await batch(gateway, lines, token);
    assertEquals((await inbox.next()).data, 2);
    assertEquals((await inbox.next()).data, 3);
    await gateway.close();
  });

  it("is not called with refused messages, nor with those published with the signing key", async () => {
    const { gateway, inbox } = await start();
    const publish = [{ channel: "c", name: "t" }];
    const bearer = await tokenFor(gateway, ["c/t"], { publish });
    const request = { channel: "c", topic: "t", body: "1" };
    await postJson(gateway, { ...request, topic: "u", bearer });
    await postJson(gateway, request);
    await postJson(gateway, { ...request, body: '"mine"', bearer });
    assertEquals((await inbox.next()).data, "mine");
    await gateway.close();
  });

  it("is called with the messages of a token in development mode, too", async () => {
    const { gateway, inbox } = await start({ dev: true });
    const signingKey = "tidings-development-signing-key-not-a-secret";
    const target = { url: gateway.url, signingKey };
    const request = { channel: "c", topic: "t", body: "1" };
    const none = await tokenFor(target, ["c/t"]);
    assertEquals(
      (await postJson(gateway, { ...request, bearer: none })).status,
      403,
    );
    const bearer = await tokenFor(target, ["c/t"], { publish: true });
    assertEquals((await postJson(gateway, { ...request, bearer })).status, 200);
    assertEquals((await inbox.next()).data, 1);
    await gateway.close();
  });

  it("is called with the same id when a client retries", async () => {
    const { gateway, inbox } = await start();
    const bearer = await tokenFor(gateway, ["c/t"], { publish: true });
    const headers = { "idempotency-key": "k" };
    const request = { channel: "c", topic: "t", body: "1", bearer, headers };
    await postJson(gateway, request);
    await postJson(gateway, request);
    assertEquals((await inbox.next()).id, (await inbox.next()).id);
    await gateway.close();
  });

  it("may fail: the failure is logged, and the client gets its response", async () => {
    await using log = await collectLog("warning");
    const { records } = log;
    const failures = [
      () => {
        throw new Error("at once");
      },
      () => Promise.reject(new Error("later")),
    ];
    const gateway = await startGateway({
      onMessage: () => failures.shift()?.(),
    });
    const bearer = await tokenFor(gateway, ["c/t"], { publish: true });
    const request = { channel: "c", topic: "t", body: "1", bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
    assertEquals((await postJson(gateway, request)).status, 200);
    await gateway.gateway.drain();
    assertEquals(
      records.map(({ properties: { stage, error } }) => [
        stage,
        (error as Error).message,
      ]),
      [["onMessage", "at once"], ["onMessage", "later"]],
    );
    await gateway.close();
  });

  it("is waited for while the gateway drains, until the deadline", async () => {
    let finish = (): void => {};
    let isDone = false;
    const gateway = await startGateway({
      onMessage: () =>
        new Promise<void>((resolve) => {
          finish = () => {
            isDone = true;
            resolve();
          };
        }),
    });
    const bearer = await tokenFor(gateway, ["c/t"], { publish: true });
    const request = { channel: "c", topic: "t", body: "1", bearer };
    await postJson(gateway, request);
    const drained = gateway.gateway.drain();
    finish();
    await drained;
    assertEquals(isDone, true);
    await gateway.close();

    const hanging = await startGateway({
      onMessage: () => new Promise(() => {}),
    });
    await postJson(hanging, request);
    await hanging.gateway.drain({ deadline: "20ms" });
    await hanging.close();
  });
});

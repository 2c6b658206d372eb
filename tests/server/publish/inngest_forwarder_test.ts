import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Inngest } from "inngest";
import { Inngest as InngestV3 } from "inngest-v3";
import process from "node:process";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  forwardToInngest,
  type InboundMessage,
  type InngestSender,
} from "../../../server/mod.ts";
import { startEventApi } from "../../support/client/event_api.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { postJson } from "../../support/wire/publish.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

const MESSAGE: InboundMessage = {
  channel: "approvals:1",
  topic: "decision",
  kind: "data",
  data: { isApproved: true },
  id: "k3v9qd2m-2",
  replyTo: "k3v9qd2m-1",
  subject: "ann",
  jti: "j",
};

const EVENT = {
  id: "k3v9qd2m-2",
  name: "realtime/message",
  data: {
    channel: "approvals:1",
    topic: "decision",
    data: { isApproved: true },
    id: "k3v9qd2m-2",
    replyTo: "k3v9qd2m-1",
    subject: "ann",
    jti: "j",
  },
};

describe("forwardToInngest()", () => {
  it("sends an event by HTTP, with the message's id", async () => {
    await using api = await startEventApi();
    const forward = forwardToInngest({ eventKey: "a/b", baseUrl: api.url });
    await forward(MESSAGE);
    assertEquals(await api.events.next(), EVENT);
    assertEquals(api.keys, ["a/b"]);
  });

  it("retries a temporary failure, and rejects with any other", async () => {
    await using api = await startEventApi(503, 200, 401);
    const forward = forwardToInngest({ eventKey: "k", baseUrl: api.url });
    await forward(MESSAGE);
    assertEquals(api.keys, ["k", "k"]);
    const error = await assertRejects(
      async () => await forward(MESSAGE),
      RealtimeError,
    );
    assertEquals(error.code, "unauthenticated");
    assertEquals(error.message.includes("/e/"), false);
  });

  it("reads the event key and the URL from the environment", async () => {
    await using api = await startEventApi();
    const before = { ...process.env };
    process.env.INNGEST_EVENT_KEY = "from-env";
    process.env.INNGEST_BASE_URL = `${api.url}/`;
    try {
      await forwardToInngest()(MESSAGE);
      delete process.env.INNGEST_EVENT_KEY;
      assertThrows(() => forwardToInngest(), RealtimeError, "event key");
    } finally {
      for (const name of ["INNGEST_EVENT_KEY", "INNGEST_BASE_URL"]) {
        const { [name]: value } = before;
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    assertEquals(api.keys, ["from-env"]);
  });

  it("sends with a client of Inngest 3 or 4", async () => {
    await using api = await startEventApi();
    const options = { id: "app", eventKey: "key", baseUrl: api.url };
    const clients: InngestSender[] = [
      new InngestV3(options),
      new Inngest(options),
    ];
    for (const client of clients) {
      await forwardToInngest({ client })(MESSAGE);
      const { id, name, data } = await api.events.next();
      assertEquals({ id, name, data }, EVENT);
    }
  });

  it("sends the events that toEvent() creates, and none for undefined", async () => {
    const sent: unknown[] = [];
    const client: InngestSender = {
      send: (event) => Promise.resolve(sent.push(event)),
    };
    const forward = forwardToInngest({
      client,
      toEvent: ({ topic, data }) =>
        topic === "decision" ? { name: "app/decided", data } : undefined,
    });
    await forward(MESSAGE);
    await forward({ ...MESSAGE, topic: "typing" });
    assertEquals(sent, [
      { id: MESSAGE.id, name: "app/decided", data: { isApproved: true } },
    ]);
    await forwardToInngest({ client })({ ...MESSAGE, kind: "chunk" });
    assertEquals(sent.length, 1);
  });

  it("works as the onMessage of a gateway", async () => {
    await using api = await startEventApi();
    await using gateway = await startGateway({
      onMessage: forwardToInngest({ eventKey: "k", baseUrl: api.url }),
    });
    const bearer = await tokenFor(gateway, ["c/t"], { publish: true });
    const request = { channel: "c", topic: "t", body: "1", bearer };
    const { id } = await postJson(gateway, request);
    assertEquals((await api.events.next()).id, id);
  });
});

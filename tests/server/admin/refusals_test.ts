import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type {
  ChannelList,
  SessionList,
} from "../../../server/admin/answers.ts";
import {
  ADMIN_KEY,
  answer,
  refusalOf,
  statusOf,
} from "../../support/admin/admin.ts";
import {
  SIGNING_KEY,
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import { tokenFor } from "../../support/wire/websocket.ts";

/** Every route, with its method. */
const ROUTES = [
  ["GET", "overview"],
  ["GET", "channels"],
  ["GET", "channel"],
  ["GET", "channels/c"],
  ["GET", "sessions"],
  ["GET", "sessions/1"],
  ["DELETE", "sessions/1"],
  ["POST", "token"],
  ["GET", "events"],
  ["GET", "messages"],
] as const;

describe("the admin API", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ adminKey: ADMIN_KEY });
  });
  afterAll(() => gateway.close());

  it("answers nobody without the admin key, on no route", async () => {
    const token = await tokenFor(gateway, ["c/t"]);
    const publisher = await tokenFor(gateway, [], {
      use: "publish",
      publish: true,
    });
    const wrong = ADMIN_KEY.replace(/0$/, "1");
    for (const [method, path] of ROUTES) {
      for (const key of ["", wrong, token, publisher, SIGNING_KEY]) {
        const { status, code, message } = await refusalOf(gateway, path, {
          method,
          key,
        });
        assertEquals([status, code], [401, "unauthenticated"], path);
        assertEquals(
          message,
          `Cannot ${method} /v1/admin/${path} without the admin key: send it as Authorization: Bearer <admin key>`,
        );
      }
    }
  });

  it("does not exist at a gateway without an admin key", async () => {
    await using gateway = await startGateway();
    for (const [method, path] of ROUTES) {
      for (const key of ["", SIGNING_KEY, ADMIN_KEY]) {
        const refusal = await refusalOf(gateway, path, { method, key });
        assertEquals([refusal.status, refusal.code], [404, "not_found"]);
        assertStringIncludes(refusal.message, "has no admin key");
      }
    }
  });

  it("needs no key in development mode, unless there is one", async () => {
    await using open = await startGateway({ dev: true });
    assertEquals(await statusOf(open, "overview", { key: "" }), 200);
    await using keyed = await startGateway({ dev: true, adminKey: ADMIN_KEY });
    assertEquals(await statusOf(keyed, "overview", { key: "" }), 401);
    assertEquals(await statusOf(keyed, "overview"), 200);
  });

  it("refuses a sort, limit or page that it doesn't know, with a sentence", async () => {
    const cases = [
      [
        "channels?sort=size",
        'Cannot list the channels: "sort" is "size", it must be rate, subscribers or name',
      ],
      ...["0", "-1", "1.5", "many", ""].map((limit) => [
        `sessions?limit=${limit}`,
        `Cannot list the sessions: "limit" is "${limit}", it must be a whole number from 1 on`,
      ]),
      ...["x", "e30", btoa('["name",1,1,1]')].flatMap((after) => [
        [
          `channels?after=${after}`,
          `Cannot list the channels: "after" is "${after}", it must be the "next" of the page before`,
        ],
        [
          `sessions?after=${after}`,
          `Cannot list the sessions: "after" is "${after}", it must be the "next" of the page before`,
        ],
      ]),
    ];
    for (const [path = "", message] of cases) {
      assertEquals(await refusalOf(gateway, path), {
        status: 400,
        code: "invalid_argument",
        message,
      });
    }
  });

  it("refuses the page of a list in another order", async () => {
    await publish(gateway, "order-1/t", 1);
    await publish(gateway, "order-2/t", 1);
    const path = "channels?sort=name&limit=1";
    const { next } = await answer<ChannelList>(gateway, path);
    assertEquals(
      (await refusalOf(gateway, `channels?sort=rate&after=${next}`)).message,
      'Cannot list the channels: "after" is of a list that is sorted by name',
    );
    // It goes on in its own order by itself.
    const second = await answer<ChannelList>(gateway, `channels?after=${next}`);
    assertEquals(second.channels.map(({ name }) => name), ["order-2"]);
  });

  it("says that a channel or session is unknown", async () => {
    assertEquals(await refusalOf(gateway, "channels/nowhere"), {
      status: 404,
      code: "not_found",
      message:
        'Cannot find channel "nowhere": nobody follows it, and nothing was published to it lately',
    });
    for (const [method, verb] of [["GET", "find"], ["DELETE", "end"]]) {
      assertEquals(await refusalOf(gateway, "sessions/gone", { method }), {
        status: 404,
        code: "not_found",
        message:
          `Cannot ${verb} session "gone": no gateway that answers has it open`,
      });
    }
    // Looking for a channel doesn't make it one.
    assertEquals(await statusOf(gateway, "channels/nowhere"), 404);
  });

  it("refuses a token check without a token or subject", async () => {
    for (
      const body of [
        "",
        "{}",
        "[]",
        '{"token":1}',
        '{"token":"a","subject":"b"}',
        '{"subject":""}',
      ]
    ) {
      const { status } = await refusalOf(gateway, "token", {
        method: "POST",
        body,
      });
      assertEquals(status, 400, body);
    }
    const body = JSON.stringify({ token: "x".repeat(200_000) });
    const { status } = await refusalOf(gateway, "token", {
      method: "POST",
      body,
    });
    assertEquals(status, 413);
  });

  it("gives at most 500 entries a page, and all of them page by page", async () => {
    await using gateway = await startGateway({
      adminKey: ADMIN_KEY,
      maxPublishRate: 10_000,
    });
    const names = Array.from({ length: 620 }, (_, i) => `p-${1000 + i}`);
    await Promise.all(names.map((name) => publish(gateway, `${name}/t`, 1)));
    const page = (query: string) =>
      answer<ChannelList>(gateway, `channels?sort=name&${query}`);
    const first = await page("limit=10000");
    assertEquals([first.channels.length, first.total], [500, 620]);
    const second = await page(`limit=500&after=${first.next}`);
    assertEquals(second.channels.length, 120);
    assertEquals(second.next, undefined);
    const seen = [...first.channels, ...second.channels];
    assertEquals(seen.map(({ name }) => name), names);
    const byDefault = await page("");
    assertEquals(byDefault.channels.length, 100);
  });

  it("pages through sessions, the newest first", async () => {
    const clients = [];
    for (let i = 0; i < 7; i++) {
      const token = await tokenFor(gateway, ["page/t"], { sub: `${i}` });
      clients.push(await connectSse(gateway, { token }));
    }
    const seen: unknown[] = [];
    let after = "";
    do {
      const path = `sessions?channel=page&limit=3${after}`;
      const page = await answer<SessionList>(gateway, path);
      assertEquals(page.total, 7);
      seen.push(...page.sessions.map(({ subject }) => subject));
      after = page.next === undefined ? "" : `&after=${page.next}`;
    } while (after !== "");
    assertEquals(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  it("answers the page of the gateway itself, whichever origins it allows, and no page of another origin", async () => {
    const allowedOrigins = ["https://app.example.com"];
    await using gateway = await startGateway({
      adminKey: ADMIN_KEY,
      allowedOrigins,
    });
    const request = (origin: string) =>
      statusOf(gateway, "sessions/gone", {
        method: "DELETE",
        headers: { authorization: `Bearer ${ADMIN_KEY}`, origin },
      });
    assertEquals(await request(gateway.url), 404);
    assertEquals(await request("https://evil.example"), 403);
    assertEquals(await request("null"), 403);
  });

  it("finds channels by a part of their names", async () => {
    for (const name of ["find:Ann", "find:anna", "find:bob"]) {
      await publish(gateway, `${name}/t`, 1);
    }
    const path = "channels?sort=name&search=D:aNN";
    const { channels, total } = await answer<ChannelList>(gateway, path);
    assertEquals(channels.map(({ name }) => name), ["find:Ann", "find:anna"]);
    assertEquals(total, 2);
  });

  it("has no streams for HEAD requests", async () => {
    for (const path of ["events", "messages"]) {
      const status = await statusOf(gateway, path, { method: "HEAD" });
      assertEquals(status, 404);
    }
  });
});

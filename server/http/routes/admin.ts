import { type Context, Hono } from "hono";
import { z } from "zod";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { escapeControls } from "../../../core/protocol/escape_controls.ts";
import { checkName } from "../../../core/protocol/names.ts";
import type { Admin } from "../../admin/admin.ts";
import type { FeedReader } from "../../admin/feed_reader.ts";
import type { PageRequest } from "../../admin/inspector.ts";
import {
  parseChannelPlace,
  parseSessionPlace,
} from "../../admin/list_order.ts";
import { runtime } from "../../runtimes/runtime.ts";
import { readJson } from "../body.ts";

/** How many entries a page has: by default, and at most. */
const PAGE = { default: 100, most: 500 } as const;

const BODY_BYTES = 128 * 1024;

const sorts = ["rate", "subscribers", "name"] as const;

const body = z.union([
  z.strictObject({ token: z.string().min(1) }),
  z.strictObject({ subject: z.string().min(1).max(1024) }),
]);

/** The routes of the admin API, `/v1/admin/…`, for requests that were let pass. Their answers are described in `server/admin/answers.ts`. */
export function adminRoutes(admin: Admin): Hono {
  const { inspector, tokenCheck } = admin;
  return new Hono()
    .use(async (c, next) => {
      await next();
      c.header("cache-control", "no-store");
    })
    .get("/overview", async (c) => json(c, await inspector.overview()))
    .get("/channels", async (c) => {
      const action = "Cannot list the channels";
      const place = readPage(c, action, parseChannelPlace);
      const sort = readSort(c, action) ?? place.after?.sort ?? "rate";
      if (place.after && place.after.sort !== sort) {
        throw invalid(
          `${action}: "after" is of a list that is sorted by ${place.after.sort}`,
        );
      }
      const search = c.req.query("search");
      return json(c, await inspector.channels(sort, search, place));
    })
    // A client resolves "." and ".." before it sends a path, so a name is best in the query.
    .on("GET", ["/channel", "/channels/:name{[^]+}"], async (c) => {
      const given = c.req.param("name") ?? c.req.query("name");
      const name = checkName("channel", given);
      return found(
        c,
        await inspector.channel(name),
        () =>
          `Cannot find channel ${
            JSON.stringify(name)
          }: nobody follows it, and nothing was published to it lately`,
      );
    })
    .get("/sessions", async (c) => {
      const place = readPage(c, "Cannot list the sessions", parseSessionPlace);
      const { channel, subject } = c.req.query();
      if (channel !== undefined) checkName("channel", channel);
      return json(c, await inspector.sessions({ channel, subject }, place));
    })
    .get("/sessions/:id", async (c) => {
      const id = c.req.param("id");
      return found(c, await inspector.session(id), () => noSession("find", id));
    })
    .delete("/sessions/:id", async (c) => {
      const id = c.req.param("id");
      if (await inspector.end(id)) return c.body(null, 204);
      throw new RealtimeError("not_found", noSession("end", id));
    })
    .post("/token", async (c) => {
      const input = await readJson(
        c.req.raw,
        BODY_BYTES,
        body,
        "Cannot check the token",
        'an object with either "token" or "subject"',
      );
      return json(
        c,
        "token" in input
          ? await tokenCheck.token(input.token)
          : await tokenCheck.subject(input.subject),
      );
    })
    .get("/events", (c) => stream(c, () => admin.openEvents()))
    .get("/messages", (c) => stream(c, () => admin.openMessages()));
}

/** Answers with JSON that an operator may print: in its strings, the escapes mean the same as what a stranger wrote. */
function json(c: Context, answer: object): Response {
  const text = escapeControls(JSON.stringify(answer));
  return c.body(text, 200, { "content-type": "application/json" });
}

async function stream(
  c: Context,
  open: () => Promise<FeedReader | undefined>,
): Promise<Response> {
  // Hono answers HEAD as GET and drops the body, whose reader nothing would end.
  if (c.req.method === "HEAD") return c.notFound();
  const reader = await open();
  if (!reader) {
    const message = "Cannot open the feed: too many read at this gateway";
    throw new RealtimeError("too_many", message);
  }
  (await runtime()).keepOpen({ request: c.req.raw, env: c.env });
  return c.body(reader.body, 200, {
    "content-type": "text/event-stream",
    "x-accel-buffering": "no",
  });
}

function readSort(
  c: Context,
  action: string,
): (typeof sorts)[number] | undefined {
  const text = c.req.query("sort");
  const sort = sorts.find((known) => known === text);
  if (text !== undefined && sort === undefined) {
    throw invalid(
      `${action}: "sort" is ${
        quoteShort(text)
      }, it must be rate, subscribers or name`,
    );
  }
  return sort;
}

function readPage<Place>(
  c: Context,
  action: string,
  parse: (text: string) => Place | undefined,
): PageRequest<Place> {
  const { after, limit: text } = c.req.query();
  const limit = text === undefined ? PAGE.default : Number(text);
  if (text === "" || !Number.isInteger(limit) || limit < 1) {
    throw invalid(
      `${action}: "limit" is ${
        quoteShort(text)
      }, it must be a whole number from 1 on`,
    );
  }
  const place = after === undefined ? undefined : parse(after);
  if (after !== undefined && place === undefined) {
    throw invalid(
      `${action}: "after" is ${
        quoteShort(after)
      }, it must be the "next" of the page before`,
    );
  }
  return { after: place, limit: Math.min(limit, PAGE.most) };
}

function found(
  c: Context,
  answer: object | undefined,
  message: () => string,
): Response {
  if (answer) return json(c, answer);
  throw new RealtimeError("not_found", message());
}

function noSession(action: string, id: string): string {
  return `Cannot ${action} session ${
    quoteShort(id)
  }: no gateway that answers has it open`;
}

function invalid(message: string): RealtimeError {
  return new RealtimeError("invalid_argument", message);
}

function quoteShort(text: string = ""): string {
  return JSON.stringify(text.slice(0, 100));
}

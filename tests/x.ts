import { ManyChats } from "./support/ai/many_chats.ts";
import { ControlledAnswer } from "./support/ai/controlled_answer.ts";
import { QUESTION } from "./support/ai/observed_chat.ts";
import { startGateway } from "./support/gateway/gateway.ts";
import { closedUrl } from "./support/gateway/local_server.ts";
import { chatToken } from "../ai.ts";
const gateway = await startGateway();
const app = new ManyChats(gateway);
const BEGINNING: any[] = [{ type: "start", messageId: "answer" }, {
  type: "text-start",
  id: "1",
}, { type: "text-delta", id: "1", delta: "Half an " }];
let n = 0;
function report(name: string, page: any) {
  console.log(
    "##",
    name,
    "|",
    page.chat.status,
    "|",
    page.chat.error?.name,
    page.chat.error?.code,
    "|",
    page.chat.error?.message,
    "|",
    JSON.stringify(page.chat.messages.slice(1).map((m: any) => m.parts)),
    "calls",
    app.calls,
    "failures",
    app.failures.splice(0).map((e: any) => e.code + " " + e.message),
  );
}
async function withSource(name: string, source: any) {
  const id = "c" + n++;
  app.answer(id, source);
  const p = app.open(id, []);
  await p.chat.sendMessage(QUESTION);
  await new Promise((r) => setTimeout(r, 50));
  report(name, p);
}
async function withRoute(name: string, response: any, more: any = {}) {
  const p = app.open("r" + n++, [], { fetch: async () => response(), ...more });
  await p.chat.sendMessage(QUESTION);
  report(name, p);
}
const gen = (...xs: any[]) =>
  new ReadableStream({
    start(c) {
      for (const x of xs) c.enqueue(x);
      c.close();
    },
  });
await withSource("string", "text");
await withSource("undefined", undefined);
await withSource("response", new Response("x"));
await withSource("strings", gen("Hello", "x"));
await withSource("sse bytes", gen(new TextEncoder().encode("data: x\n\n")));
await withSource("no type", gen(...BEGINNING, { a: 1 }));
await withSource("null", gen(...BEGINNING, null));
await withSource("array", gen(...BEGINNING, [1]));
await withSource("number", gen(...BEGINNING, 1));
await withSource("bigint", gen(...BEGINNING, { type: "data-x", data: 1n }));
const circ: any = {};
circ.c = circ;
await withSource("circular", gen(...BEGINNING, { type: "data-x", data: circ }));
await withSource(
  "toJSON undefined",
  gen(...BEGINNING, { type: "data-x", toJSON: () => undefined }),
);
await withSource(
  "toJSON string",
  gen(...BEGINNING, { type: "data-x", toJSON: () => "s" }),
);
await withSource(
  "text stream parts",
  gen({ type: "text-delta", id: "1", text: "x" }),
);
await withSource("unknown type", gen(...BEGINNING, { type: "nonsense" }));
await withSource(
  "delta without start",
  gen({ type: "start" }, { type: "text-delta", id: "1", delta: "x" }),
);
await withSource("throws", () => {
  throw new Error("No model");
});
await withSource("rejects", () => Promise.reject(new Error("No model")));
await withSource("rejects null", () => Promise.reject(null));
await withSource("returns text", () => "text");
await withSource(
  "fails in the middle",
  new ReadableStream({
    start(c) {
      for (const b of BEGINNING) c.enqueue(b);
      setTimeout(() => c.error(new Error("secret: db password")), 50);
    },
  }),
);
await withSource(
  "over limit",
  gen(...BEGINNING, { type: "data-x", data: "x".repeat(4 * 1024 * 1024) }),
);
await withSource(
  "locked",
  (() => {
    const s = gen(...BEGINNING);
    s.getReader();
    return s;
  })(),
);
await withSource("empty", gen());
await withRoute(
  "html 200",
  () =>
    new Response("<!doctype html><p>Hi", {
      headers: { "content-type": "text/html; charset=utf-8" },
    }),
);
await withRoute(
  "html 500",
  () =>
    new Response("<h1>Oops</h1>", {
      status: 500,
      headers: { "content-type": "text/html" },
    }),
);
await withRoute("empty 200", () => new Response());
await withRoute("empty 204", () => new Response(null, { status: 204 }));
await withRoute("empty 500", () => new Response(null, { status: 500 }));
await withRoute("404 text", () => new Response("Not found", { status: 404 }));
await withRoute("json other", () => Response.json({ ok: true }));
await withRoute("json null", () => Response.json(null));
await withRoute(
  "json ids of a stranger",
  () => Response.json({ chat_id: "x", stream_id: "nope", id: "nope" }),
);
await withRoute(
  "sse",
  () =>
    new Response(new ReadableStream(), {
      headers: { "content-type": "text/event-stream" },
    }),
);
await withRoute(
  "429",
  () =>
    Response.json({ error: { code: "rate_limited", message: "Slow down" } }, {
      status: 429,
    }),
);
await withRoute("throws", () => {
  throw new TypeError("fetch failed");
});
await withRoute("returns undefined", () => undefined);
await withRoute(
  "401 plain json",
  () => Response.json({ message: "Sign in" }, { status: 401 }),
);
for (
  const [name, token] of Object.entries({
    "token 403": () => new Response("Not your chat", { status: 403 }),
    "token other chat": () => chatToken(app.realtime, { chatId: "other" }),
    "token no publish": ({ chatId }: any) =>
      chatToken(app.realtime, { chatId, canStop: false }),
    "token undefined": () => undefined,
    "token rejects": () => Promise.reject(new Error("x")),
    "token forged": async ({ chatId }: any) => ({
      ...await chatToken(app.realtime, { chatId }),
      key: "a.b.c",
    }),
    "token html": () =>
      new Response("<p>", { headers: { "content-type": "text/html" } }),
  })
) {
  for (const kind of ["send", "resume"]) {
    const id = "t" + n++;
    const a = new ControlledAnswer();
    app.answer(id, a.stream);
    const other = app.open(id, []);
    app.calls = 0;
    if (kind === "resume") {
      other.chat.sendMessage(QUESTION);
      a.emit(...BEGINNING);
      await other.until(() =>
        JSON.stringify(other.chat.messages).includes("Half")
      );
    }
    const p = app.open(id, kind === "send" ? [] : [QUESTION], {
      token: token as any,
    });
    setTimeout(() => {
      try {
        a.end();
      } catch {}
    }, 1500);
    await Promise.race([
      kind === "send" ? p.chat.sendMessage(QUESTION) : p.chat.resumeStream(),
      new Promise((r) => setTimeout(r, 4000)),
    ]);
    report(name + " " + kind, p);
  }
}
{
  const far = new ManyChats({
    url: await closedUrl(),
    signingKey: gateway.signingKey,
  });
  far.answer("x", gen(...BEGINNING));
  const p = far.open("x", []);
  const t = Date.now();
  await p.chat.sendMessage(QUESTION);
  report("gateway away", p);
  console.log(Date.now() - t);
  const q = far.open("x");
  await q.chat.resumeStream();
  report("gateway away resume", q);
  console.log(Date.now() - t);
}
await gateway.close();

import { ManyChats } from "./support/ai/many_chats.ts";
import { ControlledAnswer } from "./support/ai/controlled_answer.ts";
import { QUESTION } from "./support/ai/observed_chat.ts";
import { startGateway } from "./support/gateway/gateway.ts";
import { startProxy } from "./support/gateway/proxy.ts";
import { DatabaseFolder } from "./support/brokers/sqlite.ts";
import { chatToken } from "../ai.ts";
const BEGINNING: any[] = [{ type: "start", messageId: "answer" }, {
  type: "text-start",
  id: "1",
}, { type: "text-delta", id: "1", delta: "Half an " }];
const REST: any[] = [{ type: "text-delta", id: "1", delta: "answer" }, {
  type: "text-end",
  id: "1",
}, { type: "finish" }];
function report(name: string, page: any, app: any) {
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
    JSON.stringify(page.outcome().ends),
  );
}
const half = (p: any) =>
  p.until(() => JSON.stringify(p.chat.messages).includes("Half"));
const t0 = Date.now();
const at = () => ((Date.now() - t0) / 1000).toFixed(1);
async function expiry(name: string, token: any) {
  const gateway = await startGateway();
  const app = new ManyChats(gateway);
  const a = new ControlledAnswer();
  app.answer("x", a.stream);
  let n = 0;
  const p = app.open("x", [], {
    token: async (c: any) => {
      console.log(at(), "token", ++n);
      return await token(app, c, n);
    },
    onError: (e: any) => console.log(at(), "onError", e.message),
    onState: (s: any) => console.log(at(), s),
  } as any);
  const sent = p.chat.sendMessage(QUESTION);
  a.emit(...BEGINNING);
  await half(p);
  console.log(at(), "half");
  await Promise.race([sent, new Promise((r) => setTimeout(r, 2500))]);
  a.emit(...REST);
  a.end();
  await sent;
  report(name, p, app);
  await gateway.close();
}
await expiry(
  "renewed",
  (app: any, c: any) =>
    chatToken(app.realtime, { chatId: c.chatId, sessionExpiresIn: 1 }),
);
{
  let t: any;
  await expiry(
    "same token, session 1",
    async (app: any, c: any) =>
      t ??= await chatToken(app.realtime, {
        chatId: c.chatId,
        sessionExpiresIn: 1,
      }),
  );
}
{
  let t: any;
  await expiry(
    "same token, both 1",
    async (app: any, c: any) =>
      t ??= await chatToken(app.realtime, {
        chatId: c.chatId,
        sessionExpiresIn: 1,
        expiresIn: 1,
      }),
  );
}
await expiry(
  "401",
  (app: any, c: any, n: number) =>
    n > 1
      ? new Response("Sign in again", { status: 401 })
      : chatToken(app.realtime, { chatId: c.chatId, sessionExpiresIn: 1 }),
);
// second answers
for (const whileRunning of ["refuse", "replace"] as const) {
  const gateway = await startGateway();
  const app = new ManyChats(gateway, gateway.url, { whileRunning });
  const a = new ControlledAnswer();
  app.answer("x", a.stream);
  const p = app.open("x", []);
  const sent = p.chat.sendMessage(QUESTION);
  a.emit(...BEGINNING);
  await half(p);
  const b = new ControlledAnswer();
  app.answer("x", b.stream);
  const q = app.open("x", []);
  const sent2 = q.chat.sendMessage(QUESTION);
  b.emit(...BEGINNING);
  a.cancelled.then((r: any) => console.log("a cancelled", r?.code, r?.message));
  b.cancelled.then((r: any) => console.log("b cancelled", r?.code, r?.message));
  await new Promise((r) => setTimeout(r, 300));
  try {
    a.emit(...REST);
    a.end();
  } catch (e) {
    console.log("a closed", (e as Error).message);
  }
  await sent;
  report(whileRunning + " first", p, app);
  try {
    b.emit(...REST);
    b.end();
  } catch {}
  await sent2;
  report(whileRunning + " second", q, app);
  await gateway.close();
}
// gateway dies, sqlite
{
  await using folder = await DatabaseFolder.create();
  let gateway = await startGateway({ broker: await folder.open() });
  await using proxy = await startProxy(gateway.url);
  const app = new ManyChats(gateway, proxy.url);
  const a = new ControlledAnswer();
  app.answer("x", a.stream);
  const p = app.open("x", []);
  const sent = p.chat.sendMessage(QUESTION);
  a.emit(...BEGINNING);
  await half(p);
  proxy.cut();
  await gateway.close();
  a.emit(...REST.slice(0, 1));
  await new Promise((r) => setTimeout(r, 300));
  gateway = await startGateway({ broker: await folder.open() });
  proxy.lead(gateway.url);
  a.emit(...REST.slice(1));
  a.end();
  await sent;
  report("sqlite gateway", p, app);
  await gateway.close();
}
{
  let gateway = await startGateway();
  await using proxy = await startProxy(gateway.url);
  const app = new ManyChats(gateway, proxy.url);
  const a = new ControlledAnswer();
  app.answer("x", a.stream);
  const p = app.open("x", []);
  const sent = p.chat.sendMessage(QUESTION);
  a.emit(...BEGINNING);
  await half(p);
  proxy.cut();
  await gateway.close();
  a.emit(...REST.slice(0, 1));
  await new Promise((r) => setTimeout(r, 300));
  gateway = await startGateway();
  proxy.lead(gateway.url);
  a.emit(...REST.slice(1));
  a.end();
  console.log(at());
  await sent;
  report("memory gateway", p, app);
  console.log(at());
  await gateway.close();
}

import { Hono } from "hono";
import { serve } from "../../../server/mod.ts";
import { createInbox, type Inbox } from "../../inngest/sdk.ts";

/** An event as it was sent. */
export interface SentEvent {
  readonly name: string;
  readonly id?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A fake of Inngest's event API, which collects the events that are sent to it. */
export interface EventApi extends AsyncDisposable {
  readonly url: string;
  readonly events: Inbox<SentEvent>;
  /** The keys that were sent, in order. */
  readonly keys: string[];
}

/** @param statuses The statuses of the responses to the first requests. */
export async function startEventApi(
  ...statuses: number[]
): Promise<EventApi> {
  const events = createInbox<SentEvent>();
  const keys: string[] = [];
  const app = new Hono().post("/e/:key", async (c) => {
    keys.push(c.req.param("key"));
    const status = statuses.shift();
    if (status) return new Response("no", { status });
    const sent: SentEvent[] = [await c.req.json()].flat();
    for (const event of sent) events.put(event);
    return c.json({ ids: sent.map(() => crypto.randomUUID()), status: 200 });
  });
  const server = await serve(app, { port: 0 });
  return {
    url: server.url,
    events,
    keys,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

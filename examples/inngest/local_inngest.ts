/**
 * Stands in for the Inngest dev server, as far as this example needs it: takes the app's functions and events, and runs
 * the functions step by step, with retries. README.md says how to use the real one.
 *
 * @module
 */
import { Hono } from "hono";
import { randomBytes } from "node:crypto";

interface AppFunction {
  readonly id: string;
  readonly triggers: readonly { readonly event?: string }[];
  readonly steps: { readonly step: { readonly runtime: { url: string } } };
}

interface AppEvent {
  readonly name: string;
  readonly data: unknown;
}

interface Operation {
  readonly id: string;
  readonly op: string;
  readonly data?: unknown;
  readonly error?: unknown;
}

/** Creates the dev server's API, where an app registers its functions and sends events. */
export function createLocalInngest(): Hono {
  const functions = new Map<string, AppFunction>();
  return new Hono()
    .post("/fn/register", async (c) => {
      const { functions: registered } = await c.req.json();
      for (const each of registered) functions.set(each.id, each);
      return c.json({ ok: true, modified: true });
    })
    .post("/e/:key", async (c) => {
      const events: AppEvent[] = await c.req.json();
      for (const event of events) {
        for (const each of functions.values()) {
          if (each.triggers.some((trigger) => trigger.event === event.name)) {
            execute(each, event).catch(console.error);
          }
        }
      }
      return c.json({
        ids: events.map(() => crypto.randomUUID()),
        status: 200,
      });
    });
}

/** Runs a function: calls it repeatedly, each time with the results of its finished steps. */
async function execute(
  { id, steps: { step: { runtime } } }: AppFunction,
  event: AppEvent,
): Promise<void> {
  const runId = createRunId();
  const results: Record<string, { data: unknown }> = {};
  for (let attempt = 0; attempt < 4;) {
    const order = Object.keys(results);
    const answer = await fetch(runtime.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        version: 1,
        event,
        events: [event],
        steps: results,
        use_api: false,
        ctx: {
          run_id: runId,
          attempt,
          max_attempts: 4,
          disable_immediate_execution: false,
          use_api: false,
          stack: { stack: order, current: order.length },
        },
      }),
    });
    const body = await answer.json();
    // 206: steps ran, or failed. 200: the run is finished. Any other status is a failure outside of a step.
    const operations: Operation[] = answer.status === 206 ? body : [];
    if (answer.status === 200) return;
    if (
      operations.length > 0 && operations.every(({ op }) => op === "StepRun")
    ) {
      for (const { id, data } of operations) results[id] = { data };
      attempt = 0;
    } else {
      console.error(`${id}: attempt ${attempt + 1} failed`);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      attempt++;
    }
  }
}

/** Creates a ULID: the time, and 80 random bits. */
function createRunId(): string {
  const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const bits = (BigInt(Date.now()) << 80n) +
    BigInt(`0x${randomBytes(10).toString("hex")}`);
  return Array.from(
    { length: 26 },
    (_, i) => digits[Number((bits >> BigInt(5 * (25 - i))) & 31n)],
  ).join("");
}

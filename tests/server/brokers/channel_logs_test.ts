import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ChannelLogs } from "../../../server/brokers/channel_logs.ts";
import { ENTRY_OVERHEAD, type Log } from "../../../server/brokers/log.ts";

const MESSAGE = { topic: "t", kind: "data", head: "{" } as const;

/** Milliseconds after which a log is idle. */
const IDLE_MS = 1000;

/** Logs of which only the one that is in use may have messages once the budget is kept. */
function createLogs(): ChannelLogs {
  const retention = { size: 100, ttlMs: 1e9, bytes: 1e9 };
  return new ChannelLogs({ retention, budget: 1, idleMs: IDLE_MS });
}

/** A step of a test: a channel, and what is done with its log. */
const steps = fc.array(
  fc.record({
    channel: fc.constantFrom("a", "b", "c", "d"),
    action: fc.constantFrom("use", "publish", "delete", "limit", "sweep"),
  }),
  { maxLength: 40 },
);

describe("ChannelLogs", () => {
  it("clears and forgets the logs by their last use, whatever is done", () => {
    fc.assert(fc.property(steps, (steps) => {
      const logs = createLogs();
      /** The messages in each log, and when it was used last; the log that was idle longest first. */
      const model = new Map<string, { messages: number; usedAt: number }>();
      let now = 0;
      for (const { channel, action } of steps) {
        now += 300;
        const log = logs.get(channel);
        const known = model.get(channel);
        if (action === "use" || action === "publish") {
          const used = logs.use(channel, now);
          let messages = known?.messages ?? 0;
          if (action === "publish") {
            logs.append(used, [MESSAGE], now);
            messages++;
          }
          model.delete(channel);
          model.set(channel, { messages, usedAt: now });
        } else if (action === "delete" && log) {
          logs.delete(log);
          model.delete(channel);
        } else if (action === "limit" && log) {
          logs.keepBudget(log);
          for (const [name, one] of model) {
            if (name !== channel) one.messages = 0;
          }
        } else if (action === "sweep") {
          logs.sweep(now);
          for (const [name, { usedAt }] of model) {
            if (now - usedAt >= IDLE_MS) model.delete(name);
          }
        }
        const lengths = ["a", "b", "c", "d"].map((name) =>
          logs.get(name)?.length
        );
        assertEquals(
          lengths,
          ["a", "b", "c", "d"].map((name) => model.get(name)?.messages),
        );
        assertEquals(logs.size, model.size);
        assertEquals(logs.usage().messages, total(model));
        assertEquals(logs.usage().bytes > 0, total(model) > 0);
      }
    }));
  });

  it("clears those that were idle longest first, until the others are within the budget", () => {
    const logs = new ChannelLogs({
      retention: { size: 100, ttlMs: 1e9, bytes: 1e9 },
      budget: 3 * (ENTRY_OVERHEAD + 100),
      idleMs: IDLE_MS,
    });
    const used: Log[] = [];
    for (const channel of ["a", "b", "c", "d", "a", "e"]) {
      const log = logs.use(channel, 0);
      logs.append(log, [MESSAGE], 0);
      logs.keepBudget(log);
      used.push(log);
    }
    const kept = ["a", "b", "c", "d", "e"]
      .filter((channel) => logs.get(channel)?.length);
    assertEquals(kept, ["a", "d", "e"]);
    assertEquals(new Set(used).size, 5);
  });
});

function total(model: Map<string, { messages: number }>): number {
  return [...model.values()].reduce((sum, { messages }) => sum + messages, 0);
}

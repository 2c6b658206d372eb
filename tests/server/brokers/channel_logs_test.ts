import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  type ChannelLog,
  ChannelLogs,
} from "../../../server/brokers/channel_logs.ts";

function append(log: ChannelLog): void {
  log.append({ topic: "t", kind: "data", head: "{" }, 0);
}

function namesOf(logs: Iterable<ChannelLog>): string[] {
  return [...logs].map(({ channel }) => channel);
}

/** A step of a test: a channel, and what is done with its log. */
const steps = fc.array(
  fc.record({
    channel: fc.constantFrom("a", "b", "c", "d"),
    action: fc.constantFrom("use", "publish", "clear", "delete", "ask"),
  }),
  { maxLength: 40 },
);

describe("ChannelLogs", () => {
  it("has the logs in the order of their last use, and those with messages among the filled ones, whatever is done", () => {
    fc.assert(fc.property(steps, (steps) => {
      const logs = new ChannelLogs();
      let order: string[] = [];
      const filled = new Set<string>();
      for (const { channel, action } of steps) {
        const others = order.filter((name) => name !== channel);
        const log = logs.get(channel);
        switch (action) {
          case "use":
          case "publish": {
            const used = logs.use(channel, 0);
            order = [...others, channel];
            if (action === "use") break;
            append(used);
            filled.add(channel);
            break;
          }
          case "clear":
            log?.clear();
            filled.delete(channel);
            break;
          case "delete":
            if (log) logs.delete(log);
            order = others;
            filled.delete(channel);
            break;
          case "ask":
            assertEquals(
              [...logs.filled()].filter(({ length }) => length > 0)
                .map(({ channel }) => channel),
              order.filter((name) => filled.has(name)),
            );
        }
        assertEquals(namesOf(logs.oldestFirst()), order);
        assertEquals(logs.size, order.length);
      }
    }));
  });

  it("passes empty logs once, not each time that it is asked for the filled ones", () => {
    const logs = new ChannelLogs();
    for (const channel of ["a", "b", "c"]) append(logs.use(channel, 0));
    logs.get("a")?.clear();
    assertEquals(namesOf(logs.filled()), ["b", "c"]);
    logs.use("a", 0);
    assertEquals(namesOf(logs.filled()), ["b", "c", "a"]);
  });

  it("can delete a log when its turn has come", () => {
    const logs = new ChannelLogs();
    for (const channel of ["a", "b", "c"]) logs.use(channel, 0);
    for (const log of logs.oldestFirst()) {
      if (log.channel !== "c") logs.delete(log);
    }
    assertEquals(namesOf(logs.oldestFirst()), ["c"]);
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SubscriptionRecord } from "../../../react/devtools/subscription_record.ts";
import { MessageLog } from "../../../react/message_log.ts";
import type { ObservedSubscription } from "../../../react/shared_subscription.ts";
import type { AnyMessage } from "../../../react/view_state.ts";

type Change = Partial<ObservedSubscription>;

const KEY = JSON.stringify([["named", ["ai"]], null]);
const LOST: Change = { state: "reconnecting", error: null, retryInMs: null };

function message(offset: number): AnyMessage {
  const id = `abcdefgh-${offset}`;
  return { kind: "data", channel: "user:1", topic: "ai", data: offset, id };
}

/** Makes a record, and a function that changes its subscription. */
function createRecord(): {
  readonly record: SubscriptionRecord;
  change(change: Change): void;
} {
  let subscription: ObservedSubscription = {
    state: "open",
    error: null,
    retryInMs: null,
    grant: undefined,
    position: undefined,
    log: new MessageLog<AnyMessage>(),
  };
  const view = new Proxy(subscription, {
    get: (_, name) => Reflect.get(subscription, name),
  });
  const record = new SubscriptionRecord(KEY, view);
  return {
    record,
    change(change) {
      subscription = { ...subscription, ...change };
      record.saw(undefined);
    },
  };
}

describe("SubscriptionRecord", () => {
  it("has the target that the hook names, and then that of the token", () => {
    const { record, change } = createRecord();
    assertEquals(record.target, { channel: "named", topics: ["ai"] });
    change({ grant: '["granted",["ai","log"]]' });
    assertEquals(record.target, { channel: "granted", topics: ["ai", "log"] });
  });

  it("has no target while only the token names it", () => {
    const { subscription } = createRecord().record;
    const record = new SubscriptionRecord("[7,null]", subscription);
    assertEquals(record.target, undefined);
  });

  it("keeps the last 20 messages and 5 gaps, and counts all", () => {
    const { record } = createRecord();
    for (let offset = 1; offset <= 30; offset++) record.saw(message(offset));
    for (let i = 0; i < 8; i++) {
      record.saw({ channel: "user:1", after: `${i}`, before: `${i + 2}` });
    }
    assertEquals(record.messages.map(({ data }) => data).at(0), 11);
    assertEquals([record.messages.length, record.messageCount], [20, 30]);
    assertEquals(record.gaps.map(({ gap }) => gap.after), [..."34567"]);
    assertEquals(record.gapCount, 8);
  });

  it("counts the failed attempts of an outage, and keeps its last reason", () => {
    const { record, change } = createRecord();
    const [first, second] = [new Error("first"), new Error("second")];
    change(LOST);
    assertEquals([record.outage?.attempts, record.outage?.error], [0, null]);
    change({ ...LOST, error: first, retryInMs: 1_000 });
    assertEquals(record.outage?.retryAt instanceof Date, true);
    change(LOST);
    assertEquals(record.outage?.retryAt, undefined);
    change({ ...LOST, error: second, retryInMs: 2_000 });
    assertEquals([record.outage?.attempts, record.outage?.error], [2, second]);
    assertEquals(record.outage?.until, undefined);
    change({ state: "open", error: null, retryInMs: null });
    assertEquals(record.outage?.until instanceof Date, true);
    assertEquals(record.outage?.error, second);
    change(LOST);
    assertEquals([record.outage?.attempts, record.outage?.error], [0, null]);
  });

  it("plans no attempt while the subscription is paused", () => {
    const { record, change } = createRecord();
    change({ ...LOST, error: new Error("away"), retryInMs: 1_000 });
    change({ state: "paused", error: null, retryInMs: null });
    assertEquals(record.outage?.error?.message, "away");
    assertEquals(record.outage?.retryAt, undefined);
  });

  it("forgets everything when the token is for another channel", () => {
    const { record, change } = createRecord();
    change({ grant: '["user:1",["ai"]]' });
    change(LOST);
    record.saw(message(1));
    record.saw({ channel: "user:1", after: "1", before: "3" });
    change({ state: "open", grant: '["user:2",["ai"]]' });
    const { messages, messageCount, gaps, gapCount, outage } = record;
    assertEquals({ messages, messageCount, gaps, gapCount, outage }, {
      messages: [],
      messageCount: 0,
      gaps: [],
      gapCount: 0,
      outage: undefined,
    });
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ChannelActivity } from "../../../server/admin/channel_activity.ts";

const MINUTE = 60_000;

/** An activity whose clock the test moves. */
function timed(): { activity: ChannelActivity; clock: { ms: number } } {
  const clock = { ms: 1_000_000 };
  return { activity: new ChannelActivity(() => clock.ms), clock };
}

describe("ChannelActivity", () => {
  it("has the messages per second of the last 10 seconds", () => {
    const { activity, clock } = timed();
    for (let i = 1; i <= 30; i++) activity.add("c", "t", `epoch000-${i}`);
    assertEquals(activity.rate("c"), 3);
    clock.ms += 5_000;
    for (let i = 31; i <= 40; i++) activity.add("c", "t", `epoch000-${i}`);
    assertEquals(activity.rate("c"), 4);
    clock.ms += 5_000;
    assertEquals(activity.rate("c"), 1);
    clock.ms += 60_000;
    assertEquals(activity.rate("c"), 0);
    assertEquals(activity.rate("other"), 0);
  });

  it("doesn't count the retry of a message, but counts on when the log was lost", () => {
    const { activity } = timed();
    assertEquals(activity.add("c", "t", "epoch000-7"), true);
    assertEquals(activity.add("c", "t", "epoch000-7"), false);
    assertEquals(activity.add("c", "t", "epoch000-6"), false);
    assertEquals(activity.add("c", "t", "epoch001-1"), true);
    assertEquals(activity.add("d", "t", "epoch000-7"), true);
    assertEquals(activity.rate("c"), 0.2);
  });

  it("remembers the newest topics", () => {
    const { activity } = timed();
    for (let i = 1; i <= 12; i++) activity.add("c", `t${i}`, `epoch000-${i}`);
    assertEquals(
      activity.topics("c"),
      ["t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "t11", "t12"],
    );
  });

  it("forgets a channel that has had no message for 10 minutes, and none that has", () => {
    const { activity, clock } = timed();
    activity.add("quiet", "t", "epoch000-1");
    for (let minute = 0; minute < 4; minute++) {
      activity.add("busy", "t", `epoch000-${minute + 1}`);
      clock.ms += MINUTE;
    }
    assertEquals([...activity.names()].sort(), ["busy", "quiet"]);
    clock.ms += 3 * MINUTE;
    activity.add("busy", "t", "epoch000-9");
    clock.ms += 5 * MINUTE;
    assertEquals([...activity.names()], ["busy"]);
    clock.ms += 20 * MINUTE;
    assertEquals(activity.has("busy"), false);
  });

  it("keeps at most 20,000 channels", () => {
    const { activity } = timed();
    for (let i = 0; i < 50_000; i++) activity.add(`c${i}`, "t", "epoch000-1");
    assertEquals(activity.size <= 20_000, true);
    assertEquals(activity.has("c49999"), true);
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { byChannel, sameTopics } from "../../../server/sessions/topic_sets.ts";
import { TopicCounts } from "../../../server/sessions/topic_counts.ts";

function topics(...names: readonly string[]) {
  return names.map((text) => {
    const [channel = "", name = ""] = text.split("/");
    return { channel, name, kind: "run" };
  });
}

describe("topics of several channels", () => {
  it("are grouped by channel, each once", () => {
    assertEquals(
      [...byChannel(topics("a/1", "b/1", "a/2", "a/1"))],
      [["a", new Set(["1", "2"])], ["b", new Set(["1"])]],
    );
  });

  it("are the same in any order, and not the same with one more", () => {
    assertEquals(sameTopics(topics("a/1", "b/1"), topics("b/1", "a/1")), true);
    assertEquals(sameTopics(topics("a/1"), topics("a/1", "a/2")), false);
    assertEquals(sameTopics(topics("a/1"), topics("b/1")), false);
  });

  it("are not the same where only the joined names are", () => {
    const [a, b] = [["a,b", "c"], ["a", "b,c"]].map(([channel, name]) => [
      { channel: `${channel}`, name: `${name}` },
    ]);
    assertEquals(sameTopics(a ?? [], b ?? []), false);
  });
});

describe("TopicCounts", () => {
  it("has a topic until as many grants are removed as were added", () => {
    const counts = new TopicCounts(topics("a/1", "a/2"));
    counts.add(topics("a/2", "b/1"));
    assertEquals([counts.size, counts.hasChannel("b")], [3, true]);
    assertEquals(counts.remove(topics("a/1", "a/2")), topics("a/1"));
    assertEquals(counts.remove(topics("a/2", "b/1")), topics("a/2", "b/1"));
    assertEquals([counts.size, counts.hasChannel("a")], [0, false]);
    assertEquals(counts.remove(topics("a/1")), []);
  });

  it("tells the size with one grant in another one's place, and stays the same", () => {
    const counts = new TopicCounts(topics("a/1", "a/2"));
    counts.add(topics("a/2"));
    assertEquals(counts.sizeWith(topics("a/3", "a/3")), 3);
    const [one, two] = topics("a/1", "a/2");
    assertEquals(counts.sizeWith(topics("a/3"), topics("a/1", "a/2")), 2);
    assertEquals(counts.size, 2);
    assertEquals([one, two].map((topic) => topic && counts.has(topic)), [
      true,
      true,
    ]);
    assertEquals(counts.remove(topics("a/2")), []);
  });
});

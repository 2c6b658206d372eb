import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  byChannel,
  countTopics,
  sameTopics,
  withoutTopics,
} from "../../../server/sessions/topic_sets.ts";

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
    assertEquals(countTopics(topics("a/1", "b/1", "a/2", "a/1")), 3);
  });

  it("are the same in any order, and not the same with one more", () => {
    assertEquals(sameTopics(topics("a/1", "b/1"), topics("b/1", "a/1")), true);
    assertEquals(sameTopics(topics("a/1"), topics("a/1", "a/2")), false);
    assertEquals(sameTopics(topics("a/1"), topics("b/1")), false);
  });

  it("can be removed from a list", () => {
    assertEquals(
      withoutTopics(topics("a/1", "a/2", "b/1"), topics("a/2", "b/1", "c/1")),
      topics("a/1"),
    );
  });
});

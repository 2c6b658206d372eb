import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { channel } from "../../core/channel/channel.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { completeToken, knownTarget } from "../../react/token_input.ts";
import { topic } from "../../core/channel/topic.ts";

const users = channel((id: string) => `user:${id}`)
  .addTopic(topic("ai").type<string>());
const known = { channel: "user:1", topics: ["ai"] };

describe("completeToken()", () => {
  it("completes a JWT, a key, or a whole token", () => {
    const token = { ...known, key: "jwt", apiBaseUrl: "https://a.test" };
    for (
      const [given, input] of [
        ["jwt", { ...known, apiBaseUrl: "https://a.test" }],
        [{ key: "jwt", apiBaseUrl: "https://a.test" }, known],
        [token, {}],
        // The hook's own URL has priority.
        [
          { ...token, apiBaseUrl: "https://b.test" },
          { apiBaseUrl: "https://a.test" },
        ],
      ] as const
    ) assertEquals(completeToken(given, input), token);
  });

  it("takes the hook's typed channel, whose schemas check the messages", () => {
    const typed = users("1");
    const token = completeToken({ ...known, key: "jwt" }, { channel: typed });
    assertEquals<unknown>(token.channel, typed);
  });

  it("throws if something is missing", () => {
    for (const given of [undefined, null, "", {}, { key: undefined }]) {
      assertThrows(
        () => completeToken(given, known),
        RealtimeError,
        "no token",
      );
    }
    for (const input of [{}, { channel: "user:1" }, { topics: ["ai"] }]) {
      assertThrows(
        () => completeToken("jwt", input),
        RealtimeError,
        "no channel and topics",
      );
    }
  });
});

describe("knownTarget()", () => {
  it("is the same for components that can share a subscription", () => {
    const target = knownTarget(known);
    assertEquals(knownTarget({ ...known, token: () => {} }), target);
    assertEquals(knownTarget({ token: { ...known, key: "jwt" } }), target);
    assertEquals(knownTarget({ token: { ...known, key: "other" } }), target);
  });

  it("differs for another channel, topic or gateway, and with a schema", () => {
    const target = knownTarget(known);
    for (
      const input of [
        { ...known, channel: "user:2" },
        { ...known, topics: ["ai", "log"] },
        { ...known, apiBaseUrl: "https://a.test" },
        { ...known, channel: users("1") },
      ]
    ) assertEquals(String(knownTarget(input)) === String(target), false);
  });

  it("is undefined without channel and topics", () => {
    for (
      const input of [{}, { topics: ["ai"] }, { token: () => {} }, {
        token: { key: "jwt" },
      }]
    ) assertEquals(knownTarget(input), undefined);
  });
});

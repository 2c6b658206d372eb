import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { channel } from "../../core/channel/channel.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { topic } from "../../core/channel/topic.ts";
import { knownTarget, tokenOptions } from "../../react/token_input.ts";

const users = channel((id: string) => `user:${id}`)
  .addTopic(topic("ai").type<string>());
const known = { channel: "user:1", topics: ["ai"] };

describe("tokenOptions()", () => {
  it("complete a token by the hook's own options, which have priority", async () => {
    const token = { ...known, key: "jwt", apiBaseUrl: "https://a.test" };
    for (
      const [given, own] of [
        ["jwt", { ...known, apiBaseUrl: "https://a.test" }],
        [{ key: "jwt", apiBaseUrl: "https://a.test" }, known],
        [token, {}],
        [{ token }, { channel: undefined, apiBaseUrl: undefined }],
        [() => Response.json({ token }), {}],
        [
          { ...token, apiBaseUrl: "https://b.test" },
          { apiBaseUrl: "https://a.test" },
        ],
      ] as const
    ) {
      const options = tokenOptions({ ...own, token: given });
      assertEquals<unknown>(await options.token(false), token);
    }
  });

  it("take the hook's typed channel, whose schemas check the messages", async () => {
    const typed = users("1");
    const token = { ...known, key: "jwt" };
    const options = tokenOptions({ channel: typed, token });
    assertEquals<unknown>((await options.token(false)).channel, typed);
  });

  it("use the `token` first and then the `refreshToken`", async () => {
    const token = { ...known, key: "first" };
    const refreshToken = () => ({ ...known, key: "next" });
    for (
      const [given, isRenewal, key] of [
        [{ token, refreshToken }, false, "first"],
        [{ token, refreshToken }, true, "next"],
        [{ token: null, refreshToken }, false, "next"],
        [{ refreshToken }, false, "next"],
        [{ token }, true, "first"],
      ] as const
    ) assertEquals((await tokenOptions(given).token(isRenewal)).key, key);
  });

  it("say exactly what the hook lacks", async () => {
    for (
      const [input, part] of [
        [{ token: undefined }, "the token"],
        [{ token: null }, "the token"],
        [{ ...known, token: "" }, "the token"],
        [{ token: {} }, "the token's key"],
        [{ topics: ["ai"], token: "jwt" }, "the channel"],
        [{ channel: "user:1", token: "jwt" }, "the list of topics"],
      ] as const
    ) {
      await assertRejects(
        async () => await tokenOptions(input).token(false),
        RealtimeError,
        `${part} is missing`,
      );
    }
  });

  it("identify a token that is not known yet by its function or response", () => {
    const ask = () => known;
    const response = Response.json(known);
    assertEquals<unknown>(tokenOptions({ token: ask }).factory, ask);
    assertEquals<unknown>(tokenOptions({ refreshToken: ask }).factory, ask);
    assertEquals<unknown>(tokenOptions({ token: response }).factory, response);
  });

  it("identify a token by its key", () => {
    const token = { ...known, key: "jwt" };
    for (const given of [token, { token }, "jwt", { token: "jwt" }]) {
      assertEquals(tokenOptions({ token: given }).tokenId, "jwt");
    }
  });
});

describe("knownTarget()", () => {
  it("is the same for components that can share a subscription", () => {
    const target = knownTarget(known);
    assertEquals(knownTarget({ ...known, token: () => {} }), target);
    assertEquals(knownTarget({ token: { ...known, key: "jwt" } }), target);
    assertEquals(knownTarget({ token: { token: known } }), target);
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
      const input of [
        {},
        { topics: ["ai"] },
        { token: () => {} },
        {
          token: { key: "jwt" },
        },
        { token: "jwt" },
        { token: Response.json(known) },
      ]
    ) assertEquals(knownTarget(input), undefined);
  });
});

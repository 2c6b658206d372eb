import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type } from "arktype";
import { z } from "zod";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { topic } from "../../../core/channel/topic.ts";

describe("topic()", () => {
  it("has its name and no schema", () => {
    const info = topic("info");
    assertEquals(info.name, "info");
    assertEquals(info.getSchema(), undefined);
  });

  it("refuses a name that no topic can have", () => {
    for (const name of ["", "a\u0000b", "x".repeat(256), "\ud800"]) {
      const error = assertThrows(() => topic(name), RealtimeError);
      assertEquals(error.code, "invalid_name");
    }
    assertEquals(topic("x".repeat(255)).name.length, 255);
  });

  it("type() returns the same topic without a schema", () => {
    const typed = topic("info").schema(z.string()).type<number>();
    assertEquals(typed.name, "info");
    assertEquals(typed.getSchema(), undefined);
  });

  it("schema() returns another topic, and does not change the first", () => {
    const plain = topic("ai");
    const schema = z.object({ response: z.string() });
    const checked = plain.schema(schema);
    assertStrictEquals(checked.getSchema(), schema);
    assertEquals(checked.name, "ai");
    assertEquals(plain.getSchema(), undefined);
  });

  it("schema() accepts a schema that is a function", () => {
    const schema = type({ text: "string" });
    assertStrictEquals(topic("ai").schema(schema).getSchema(), schema);
  });

  it("is a topic of Inngest's version 4, whose schema is at schema", async () => {
    const { validate } = topic("n").schema(z.string().transform(Number))
      .schema["~standard"];
    assertEquals(await validate("1"), { value: 1 });
    assertEquals(Object(await validate(1)).issues?.length, 1);
    const untyped = topic("n").type<number>().schema["~standard"];
    assertEquals<unknown>(await untyped.validate("one"), { value: "one" });
  });

  it("schema() refuses a value that is not a Standard Schema", () => {
    for (const other of [undefined, null, {}, "string", { parse() {} }]) {
      assertThrows(
        () => topic("ai").schema(other as never),
        RealtimeError,
        '"ai"',
      );
    }
  });

  it("cannot be changed", () => {
    const info = topic("info");
    assertThrows(() => Object.assign(info, { name: "other" }), TypeError);
    assertEquals(info.name, "info");
  });
});

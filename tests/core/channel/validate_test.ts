import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { validate } from "../../../core/channel/validate.ts";
import type { StandardSchema } from "../../../core/types/standard_schema.ts";
import { staticSchema } from "../../../core/channel/static_schema.ts";

const ACTION = 'Cannot publish to "user:1"';

/** Makes a schema with only the properties that the standard requires. */
function schemaOf(
  check: (value: unknown) => unknown,
): StandardSchema {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: check as StandardSchema["~standard"]["validate"],
    },
  };
}

async function failure(
  schema: StandardSchema,
  data: unknown,
): Promise<RealtimeError> {
  return await assertRejects(
    async () => await validate(schema, data, ACTION),
    RealtimeError,
  );
}

describe("validate()", () => {
  it("resolves with the output of zod, valibot and arktype", async () => {
    const schemas = [
      z.object({ n: z.string().transform(Number) }),
      v.object({ n: v.pipe(v.string(), v.transform(Number)) }),
      type({ n: "string.numeric.parse" }),
    ];
    for (const schema of schemas) {
      assertEquals(await validate(schema, { n: "42" }, ACTION), { n: 42 });
    }
  });

  it("rejects with the issues of zod, valibot and arktype, and their paths", async () => {
    const schemas = [
      z.object({ user: z.object({ age: z.number() }) }),
      v.object({ user: v.object({ age: v.number() }) }),
      type({ user: { age: "number" } }),
    ];
    for (const schema of schemas) {
      const error = await failure(schema, { user: { age: "old" } });
      assertEquals(error.code, "invalid_data");
      assertEquals(error.issues.map(({ path }) => path), [["user", "age"]]);
    }
  });

  it("names every issue, and none of the data in its message", async () => {
    const schema = v.object({ a: v.number(), b: v.picklist(["x"]) });
    const error = await failure(schema, { a: "secret", b: "secret" });
    assertEquals(error.issues.length, 2);
    assertEquals(
      error.message,
      'Cannot publish to "user:1": the data do not match the topic\'s schema',
    );
  });

  it("gives an issue of the whole value no path", async () => {
    const error = await failure(
      schemaOf(() => ({ issues: [{ message: "No", path: undefined }] })),
      1,
    );
    assertEquals(error.issues, [{ message: "No", path: undefined }]);
  });

  it("waits for an asynchronous schema", async () => {
    const isFree = z.string().refine(async (name) => {
      await Promise.resolve();
      return name !== "taken";
    });
    assertEquals(await validate(isFree, "free", ACTION), "free");
    assertEquals((await failure(isFree, "taken")).code, "invalid_data");
  });

  it("rejects with the cause if the schema throws or rejects", async () => {
    const cause = new TypeError("Out of order");
    const throwing = [
      schemaOf(() => {
        throw cause;
      }),
      schemaOf(() => Promise.reject(cause)),
    ];
    for (const schema of throwing) {
      const error = await failure(schema, 1);
      assertEquals(error.code, "invalid_data");
      assertEquals(error.issues, []);
      assertStrictEquals(error.cause, cause);
    }
  });

  it("accepts data that look like the result of a failed validation", async () => {
    assertEquals(
      await validate(z.unknown(), { issues: [{ message: "x" }] }, ACTION),
      { issues: [{ message: "x" }] },
    );
  });
});

describe("staticSchema()", () => {
  it("accepts every value unchanged", async () => {
    const data = { text: 1 };
    const schema = staticSchema<{ text: string }>();
    assertStrictEquals(await validate(schema, data, ACTION), data);
  });
});

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { HmacKey } from "../../../server/auth/hmac_key.ts";

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

describe("HmacKey", () => {
  it("signs as in RFC 4231", () => {
    const cases = [
      [
        "0b".repeat(20),
        Buffer.from("Hi There").toString("hex"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      ],
      [
        Buffer.from("Jefe").toString("hex"),
        Buffer.from("what do ya want for nothing?").toString("hex"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      ],
      [
        "aa".repeat(20),
        "dd".repeat(50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      ],
      [
        "aa".repeat(131),
        Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First")
          .toString("hex"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      ],
    ] as const;
    for (const [key, data, digest] of cases) {
      const made = Buffer.from(
        new HmacKey(hex(key)).sign(hex(data)),
        "base64url",
      );
      assertEquals(made.toString("hex"), digest);
    }
  });

  it("signs as the runtime does, again and again, whatever the lengths", () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.array(bytes, { maxLength: 3 }), (key, texts) => {
        const hmac = new HmacKey(key);
        for (const data of texts) {
          const expected = createHmac("sha256", key).update(data)
            .digest("base64url");
          assertEquals(hmac.sign(data), expected);
        }
      }),
    );
  });
});

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { formatId, parseId } from "../../../core/protocol/id.ts";

describe("parseId()", () => {
  it("parses the result of formatId()", () => {
    const epochs = fc.stringMatching(/^[a-z0-9]{8}$/);
    fc.assert(fc.property(epochs, fc.maxSafeNat(), (epoch, offset) => {
      assertEquals(parseId(formatId(epoch, offset)), { epoch, offset });
    }));
  });

  it("parses every offset that a number represents exactly, and no other", () => {
    assertEquals(parseId("k3v9qd2m-0")?.offset, 0);
    assertEquals(parseId("k3v9qd2m-9007199254740991")?.offset, 2 ** 53 - 1);
    assertEquals(parseId("k3v9qd2m-9007199254740992"), undefined);
    assertEquals(parseId("k3v9qd2m-9999999999999999"), undefined);
    assertEquals(parseId("k3v9qd2m-10000000000000000"), undefined);
  });

  it("refuses every other form", () => {
    for (
      const id of [
        "",
        "k3v9qd2m",
        "k3v9qd2m-",
        "-1",
        "k3v9qd2-1",
        "k3v9qd2mx-1",
        "K3V9QD2M-1",
        "k3v9qd2m-01",
        "k3v9qd2m--1",
        "k3v9qd2m-1.0",
        "k3v9qd2m-1e3",
        "k3v9qd2m-0x1",
        " k3v9qd2m-1",
        "k3v9qd2m-1\n",
        "k3v9qd2m-１",
        1,
        null,
        undefined,
        ["k3v9qd2m-1"],
      ]
    ) assertEquals(parseId(id), undefined, String(id));
  });
});

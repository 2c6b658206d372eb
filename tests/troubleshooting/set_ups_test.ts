import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { chromiumPath, redisPath } from "../support/requirements.ts";
import { type LoggingGateway, startLoggingGateway } from "./broken_set_up.ts";
import { documentedSetUps, readDocument } from "./document.ts";
import { SET_UPS } from "./set_ups.ts";
import { expectSentence, Listener } from "./witness.ts";

/** Whether this machine has what a set-up needs. */
const CAN_BUILD: Readonly<Record<string, boolean>> = {
  "wrong origin": chromiumPath() !== undefined,
  "full Redis": redisPath() !== undefined,
};

describe("The table of broken set-ups", () => {
  const documented = documentedSetUps(readDocument("troubleshooting.md"));
  let gateway: LoggingGateway;

  beforeAll(async () => {
    const origins = ["--allowed-origins", "https://app.example"];
    gateway = await startLoggingGateway(origins);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  it("has each of them, with a sentence for both sides", () => {
    assertEquals(documented.map(({ name }) => name), Object.keys(SET_UPS));
    for (const { developer, operator } of documented) {
      assertEquals([developer.length > 0, operator.length > 0], [true, true]);
    }
  });

  for (const { name, developer, operator } of documented) {
    const itWithPrograms = CAN_BUILD[name] === false ? it.skip : it;
    itWithPrograms(`says what both sides get to read: ${name}`, async () => {
      await using setUp = await SET_UPS[name]?.(gateway);
      if (!setUp) throw new Error(`There is no set-up "${name}"`);
      for (const sentence of developer) {
        await expectSentence(setUp.developer, sentence);
      }
      for (const sentence of operator) {
        await expectSentence(setUp.operator, sentence);
      }
    });
  }

  it("is checked: a sentence that differs in a word, or goes on, is missed", async () => {
    const witness = new Listener();
    witness.add("2026 info refused   Refused with 401: it expired 3 s ago (a)");
    await expectSentence(witness, "Refused with 401: it expired <n> s ago (a)");
    for (
      const wrong of [
        "Refused with 403: it expired <n> s ago (a)",
        "Refused with 401: it expired <n> s ago",
      ]
    ) {
      await assertRejects(() => expectSentence(witness, wrong, 0));
    }
  });
});

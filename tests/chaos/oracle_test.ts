import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Ledger } from "./ledger.ts";
import { Observation } from "./observation.ts";
import { emptyVerdict, judge, type Verdict } from "./oracle.ts";
import { Truth } from "./truth.ts";

const CHANNEL = "c";
const OLD = "aaaaaaaa";
const NEW = "bbbbbbbb";

/** Returns a ledger with messages 1 to 5 of the old epoch and 1 to 3 of the new one. */
function ledger(): Ledger {
  const ledger = new Ledger();
  for (let n = 1; n <= 5; n++) ledger.acknowledge(CHANNEL, `${OLD}-${n}`, n);
  for (let n = 1; n <= 3; n++) {
    ledger.acknowledge(CHANNEL, `${NEW}-${n}`, 100 + n);
  }
  return ledger;
}

type Step = number | readonly [after: string, before: string];

/** Judges a subscriber that received these steps. A number is an offset; those above 100 are in the new epoch. */
function see(steps: readonly Step[], start?: string, end?: string): Verdict {
  const observation = new Observation();
  for (const step of steps) {
    if (typeof step === "number") {
      observation.message(
        step > 100 ? `${NEW}-${step - 100}` : `${OLD}-${step}`,
        step,
      );
    } else observation.gap({ after: step[0], before: step[1] });
  }
  return judge(truthOf(ledger()), observation.events(), {
    after: start,
    until: end,
  });
}

function truthOf(ledger: Ledger): Truth {
  const record = ledger.records()[CHANNEL];
  assert(record !== undefined);
  return new Truth(record);
}

/** Returns the counts that are not 0. */
function counts(verdict: Verdict): Record<string, number> {
  return Object.fromEntries(
    Object.entries(verdict).filter(([, value]) =>
      typeof value === "number" && value !== 0
    ),
  );
}

const LOST_EPOCH = [`${OLD}-5`, `${NEW}-1`] as const;

describe("judge()", () => {
  it("finds the chunks that came joined with another one", () => {
    const observation = new Observation();
    observation.message(`${OLD}-1`, 1);
    observation.message(`${OLD}-5`, 5, [2, 3, 4]);
    const truth = truthOf(ledger());
    const due = { until: `${OLD}-5` };
    assertEquals(counts(judge(truth, observation.events(), due)), {
      received: 5,
    });
  });

  it("finds chunks that are missing in, or repeated by, a joined one", () => {
    const observation = new Observation();
    observation.message(`${OLD}-2`, 2, [1]);
    observation.message(`${OLD}-5`, 5, [2, 4]);
    const truth = truthOf(ledger());
    const due = { until: `${OLD}-5` };
    assertEquals(counts(judge(truth, observation.events(), due)), {
      received: 4,
      corrupted: 1,
      lost: 1,
    });
  });

  it("finds no problem when every message arrived once, in order", () => {
    const verdict = see([1, 2, 3, 4, 5, LOST_EPOCH, 101, 102, 103]);
    assertEquals(verdict, { ...emptyVerdict(), received: 8, gaps: 1 });
  });

  it("finds messages lost in the middle and at the end", () => {
    assertEquals(
      counts(see([1, 2, 4, 5, LOST_EPOCH, 101, 102])),
      { received: 6, lost: 2, gaps: 1 },
    );
  });

  it("finds that every message is lost", () => {
    assertEquals(counts(see([])), { lost: 8 });
  });

  it("finds a lost message whose acknowledgement was lost as well", () => {
    const unheard = new Ledger();
    unheard.acknowledge(CHANNEL, `${OLD}-1`, 1);
    unheard.doubt(CHANNEL, 2);
    unheard.acknowledge(CHANNEL, `${OLD}-3`, 3);
    const observation = new Observation();
    observation.message(`${OLD}-1`, 1);
    observation.message(`${OLD}-3`, 3);
    const { problems } = judge(truthOf(unheard), observation.events());
    assertEquals(problems, [`${OLD}-2 is missing`]);
  });

  it("finds a message delivered twice", () => {
    assertEquals(
      counts(see([1, 2, 2, 3, 4, 5, LOST_EPOCH, 101, 102, 103])),
      { received: 9, duplicated: 1, gaps: 1 },
    );
  });

  it("finds a message that was published twice, with two ids", () => {
    const twice = new Ledger();
    twice.acknowledge(CHANNEL, `${OLD}-2`, 1);
    const observation = new Observation();
    observation.message(`${OLD}-1`, 1);
    observation.message(`${OLD}-2`, 1);
    const { duplicated } = judge(truthOf(twice), observation.events());
    assertEquals(duplicated, 1);
  });

  it("finds a message delivered late", () => {
    assertEquals(
      counts(see([1, 3, 2, 4, 5, LOST_EPOCH, 101, 102, 103])),
      { received: 8, reordered: 1, gaps: 1 },
    );
  });

  it("finds content that was never published", () => {
    const observation = new Observation();
    observation.message(`${OLD}-1`, 77);
    const { problems } = judge(truthOf(ledger()), observation.events(), {
      until: `${OLD}-1`,
    });
    assertEquals(problems, [`${OLD}-1 is not what was published`]);
  });

  it("finds a change of the epoch that no gap reported", () => {
    assertEquals(
      counts(see([1, 2, 3, 4, 5, 101, 102, 103])),
      { received: 8, silent: 1 },
    );
  });

  it("finds a message that was delivered though a gap had reported it", () => {
    assertEquals(
      counts(
        see([1, [`${OLD}-1`, `${OLD}-4`], 3, 4, 5, LOST_EPOCH, 101, 102, 103]),
      ),
      { received: 7, contradicted: 1, gaps: 2, gapped: 1 },
    );
  });

  it("counts messages inside a gap apart from lost ones, also across epochs", () => {
    assertEquals(
      counts(see([1, 2, [`${OLD}-2`, `${NEW}-2`], 102, 103])),
      { received: 4, gaps: 1, gapped: 4 },
    );
  });

  it("accepts a gap that arrives before the messages in front of it are read", () => {
    assertEquals(
      counts(see([1, [`${OLD}-2`, `${NEW}-2`], 2, 102, 103])),
      { received: 4, gaps: 1, gapped: 4 },
    );
  });

  it("accepts an epoch in which nothing was acknowledged", () => {
    assertEquals(
      counts(see([
        1,
        2,
        3,
        4,
        5,
        [`${OLD}-5`, "cccccccc-1"],
        ["cccccccc-0", `${NEW}-1`],
        101,
        102,
        103,
      ])),
      { received: 8, gaps: 2 },
    );
  });

  it("finds a message that a gap left out", () => {
    assertEquals(
      counts(see([1, [`${OLD}-2`, `${NEW}-2`], 102, 103])),
      { received: 3, lost: 1, gaps: 1, gapped: 4 },
    );
  });

  it("counts only messages from where the subscriber started to where it ended", () => {
    assertEquals(counts(see([3, 4], `${OLD}-2`, `${OLD}-4`)), { received: 2 });
    assertEquals(counts(see([4], "first", `${OLD}-5`)), {
      received: 1,
      lost: 1,
    });
  });
});

describe("judge() of a channel with other topics", () => {
  it("does not expect their messages", () => {
    const shared = new Ledger();
    shared.acknowledge(CHANNEL, `${OLD}-1`, 1);
    shared.passBy(CHANNEL, `${OLD}-2`);
    shared.acknowledge(CHANNEL, `${OLD}-4`, 4);
    const observation = new Observation();
    observation.message(`${OLD}-1`, 1);
    observation.message(`${OLD}-4`, 4);
    const { problems } = judge(truthOf(shared), observation.events());
    assertEquals(problems, [`${OLD}-3 is missing`]);
  });
});

describe("Ledger", () => {
  it("finds an id that was given to two messages", () => {
    const twice = ledger();
    twice.acknowledge(CHANNEL, `${OLD}-3`, 9);
    assertEquals(twice.problems, [
      `${CHANNEL}: ${OLD}-3 was given to two messages`,
    ]);
  });

  it("finds messages of one publisher that are out of order", () => {
    const disordered = new Ledger();
    disordered.acknowledge(CHANNEL, `${OLD}-2`, 1, 7);
    disordered.acknowledge(CHANNEL, `${OLD}-1`, 2, 7);
    assertEquals(disordered.problems.length, 1);
    assertEquals(disordered.tops(), { [CHANNEL]: `${OLD}-2` });
  });
});

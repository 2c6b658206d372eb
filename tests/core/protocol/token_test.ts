import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { beforeEach, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  createClaims,
  createTicketClaims,
  readClaims,
  type TokenPayload,
  toPayload,
} from "../../../core/protocol/token.ts";

const TOPIC = { channel: "user:1", name: "ai" };
const DAY = 24 * 3600;

let now: number;
let payload: TokenPayload;

// Other tests may run between the loading of this file and its tests.
beforeEach(() => {
  now = Math.floor(Date.now() / 1000);
  payload = toPayload(createClaims({ topics: [TOPIC] }));
});

const EXPIRED = /^token_expired: it expired \d+ s ago; get a new one/;

function refusal(changes: TokenPayload): string {
  const error = assertThrows(
    () => readClaims({ ...payload, ...changes }, ["subscribe"]),
    RealtimeError,
  );
  return `${error.code}: ${error.message.split(": ")[1]}`;
}

describe("readClaims()", () => {
  it("decodes the result of toPayload()", () => {
    for (
      const more of [
        {},
        { publish: true as const },
        { publish: [], sub: "u1", jti: "j1" },
        { publish: [TOPIC], expiresIn: 10, sessionExpiresIn: DAY },
        { publish: [], stop: true as const },
        { stop: [TOPIC] },
      ]
    ) {
      const claims = createClaims({ topics: [TOPIC], ...more });
      const json = JSON.stringify(claims);
      assertEquals(
        readClaims(toPayload(claims), ["subscribe"]),
        JSON.parse(json),
      );
    }
  });

  it("ignores claims of a later version", () => {
    const claims = readClaims({ ...payload, more: [1] }, ["subscribe"]);
    assertEquals("more" in claims, false);
  });

  it("names the wrong claim", () => {
    const times = "a time is missing or malformed";
    const topics = "its topics are missing or malformed";
    for (
      const [changes, problem] of [
        [{ iss: "inngest" }, "its issuer is not Tidings"],
        [{ iss: undefined }, "its issuer is not Tidings"],
        [{ aud: "tidings.publish" }, "it was made for another use"],
        [{ aud: ["tidings.subscribe"] }, "it was made for another use"],
        [{ iat: undefined }, times],
        [{ exp: "tomorrow" }, times],
        [{ sexp: null }, times],
        [{ iat: Infinity, exp: Infinity, sexp: Infinity }, times],
        [{ jti: undefined }, "it has no id"],
        [{ sub: 1 }, "its user is malformed"],
        [{ topics: undefined }, topics],
        [{ topics: [] }, topics],
        [{ topics: [null] }, topics],
        [{ topics: [{ channel: "c", name: "a\nb" }] }, topics],
        [{ topics: Array(129).fill(TOPIC) }, topics],
        [
          { publish: false },
          "the topics that it publishes to are malformed",
        ],
        [{ nbf: now + 60 }, "it is not valid yet"],
        [{ nbf: "0" }, "it is not valid yet"],
        [{ sexp: now + DAY + 60 }, "it lasts longer than 24 hours"],
        [{ exp: now + DAY + 60 }, "it lasts longer than 24 hours"],
      ] as const
    ) assertEquals(refusal(changes), `invalid_token: ${problem}`);
  });

  it("refuses a token as expired from the second of exp on", () => {
    const iat = now - 60;
    assertMatch(refusal({ iat, exp: now }), EXPIRED);
    readClaims({ ...payload, iat, exp: now + 5 }, ["subscribe"]);
  });

  it("refuses a token as expired from the second of sexp on, though it expires later", () => {
    const iat = now - 60;
    assertMatch(refusal({ iat, sexp: now }), EXPIRED);
    readClaims({ ...payload, iat, sexp: now + 5 }, ["subscribe"]);
  });
});

describe("createTicketClaims()", () => {
  it("makes a ticket valid until the session ends, with the user, id and time of its token", () => {
    const claims = {
      ...createClaims({ topics: [TOPIC], sub: "u", jti: "j" }),
      iat: now - 50,
    };
    const ticket = createTicketClaims(claims);
    assertEquals([ticket.exp, ticket.sexp], [claims.sexp, claims.sexp]);
    assertEquals([ticket.sub, ticket.jti, ticket.use], ["u", "j", "ticket"]);
    assertEquals(ticket.iat, now - 50);
  });
});

import type { Case } from "./case.ts";
import type { Credentials } from "./credentials.ts";
import { change, draftOf, encode, encodeBroken } from "./draft.ts";
import { addressOf, authorize, headerValue, perhaps } from "./http_cases.ts";
import type { Random } from "./random.ts";
import { amount, position } from "./values.ts";

/** Makes a case of an event stream, which is left after its beginning. */
export function sseCase(random: Random, credentials: Credentials): Case {
  const credential = credentials.token("subscribing", random);
  const isInQuery = random.chance(0.4);
  const protocol = random.chance(0.6)
    ? "tidings.v1"
    : perhaps(random, amount, 0.1);
  const draft = draftOf(
    "GET",
    addressOf("sse", [
      ["token", isInQuery ? credential.text : undefined],
      ["since", perhaps(random, position, 0.5)],
      ["protocol", protocol],
    ], random),
  );
  if (isInQuery) draft.isAuthorized = credential.isValid;
  else authorize(draft, credential, random);
  if (random.chance(0.3)) {
    draft.headers.push(["last-event-id", headerValue(position(random))]);
  }
  if (random.chance(0.3)) change(draft, random);
  const isBroken = random.chance(0.3);
  return {
    kind: "sse",
    bytes: isBroken ? encodeBroken(draft, random) : encode(draft),
    methods: [draft.method],
    isAuthorized: draft.isAuthorized,
    isWhole: !isBroken,
    isSplit: random.chance(0.2),
  };
}

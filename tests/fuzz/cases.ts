import type { Case, Kind } from "./case.ts";
import type { Credentials } from "./credentials.ts";
import { frameCase } from "./frame_cases.ts";
import { handshakeCase } from "./handshake_cases.ts";
import { httpCase } from "./http_cases.ts";
import { Random } from "./random.ts";
import { sseCase } from "./sse_cases.ts";

const MAKERS: Readonly<
  Record<Kind, (random: Random, credentials: Credentials) => Case>
> = {
  http: httpCase,
  handshake: handshakeCase,
  frames: frameCase,
  sse: sseCase,
};

/** How often nothing in a case is valid. */
const STRANGERS = 0.1;

/** Makes a case, which depends only on the seed, the kind and the number of the case. */
export function makeCase(
  seed: number,
  kind: Kind,
  number: number,
  credentials: Credentials,
): Case {
  const random = new Random(seed, kind, number);
  const known = random.chance(STRANGERS)
    ? credentials.ofStranger()
    : credentials;
  return MAKERS[kind](random, known);
}

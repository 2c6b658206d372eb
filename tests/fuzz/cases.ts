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

/** Makes a case, which depends only on the seed, the kind and the number of the case. */
export function makeCase(
  seed: number,
  kind: Kind,
  number: number,
  credentials: Credentials,
): Case {
  return MAKERS[kind](new Random(seed, kind, number), credentials);
}

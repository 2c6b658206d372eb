import { Buffer } from "node:buffer";
import { mintToken } from "../../core/protocol/mint_token.ts";
import { hashSigningKey } from "../../core/protocol/signing_key.ts";
import type { MintOptions } from "../../core/protocol/token.ts";
import { payloadOf, sign } from "../support/wire/tokens.ts";
import type { Random } from "./random.ts";
import { CHANNELS, TOPICS } from "./values.ts";

/** A credential of a request, and whether the gateway may accept it. */
export interface Credential {
  readonly text: string;
  readonly isValid: boolean;
}

/** How many valid tokens of each use there are: more than one, as each has a rate limit of its own. */
const TOKENS = 24;
const DAY_SECONDS = 86_400;

/** The valid tokens, by what they are for. */
interface Tokens {
  readonly subscribing: readonly Credential[];
  readonly publishing: readonly Credential[];
}

/** The credentials that requests choose from. */
export class Credentials {
  readonly #keys: readonly Credential[];
  readonly #tokens: Tokens;
  readonly #refused: readonly Credential[];

  private constructor(
    keys: readonly Credential[],
    tokens: Tokens,
    refused: readonly Credential[],
  ) {
    this.#keys = keys;
    this.#tokens = tokens;
    this.#refused = refused;
  }

  /** Mints the tokens for a signing key. */
  static async create(signingKey: string): Promise<Credentials> {
    const all = CHANNELS.flatMap((channel) =>
      TOPICS.map((name) => ({ channel, name }))
    );
    const tokens: { subscribing: Credential[]; publishing: Credential[] } = {
      subscribing: [],
      publishing: [],
    };
    for (let i = 0; i < TOKENS; i++) {
      const common = {
        expiresIn: DAY_SECONDS,
        sub: `user-${i}`,
        jti: `token-${i}`,
      };
      const topics = all.slice(i, i + 1 + i % 3);
      const mint = async (
        options: Partial<MintOptions>,
        uses: ReadonlyArray<keyof Tokens>,
      ): Promise<void> => {
        const text = await mintToken(signingKey, {
          ...common,
          topics,
          ...options,
        });
        for (const use of uses) tokens[use].push({ text, isValid: true });
      };
      await mint({}, ["subscribing"]);
      await mint({ publish: true, stop: true }, ["subscribing"]);
      await mint({ use: "ticket", publish: topics, stop: topics }, [
        "subscribing",
        "publishing",
      ]);
      await mint({
        use: "publish",
        topics: [],
        publish: i % 2 === 0 ? true : topics,
        stop: i % 3 === 0 ? true : topics,
      }, ["publishing"]);
    }
    const valid = tokens.subscribing[1]?.text ?? "";
    return new Credentials(
      [
        { text: signingKey, isValid: true },
        { text: await hashSigningKey(signingKey), isValid: true },
      ],
      tokens,
      (await refusedTokens(signingKey, valid))
        .concat(signingKey.slice(0, -1), `${signingKey}0`, "x", "a.b.c", "..")
        .map((text) => ({ text, isValid: false })),
    );
  }

  /** Returns the credentials of a stranger, none of which is valid. */
  ofStranger(): Credentials {
    const refused = this.#refused;
    const tokens = { subscribing: refused, publishing: refused };
    return new Credentials(refused, tokens, refused);
  }

  /** Returns the signing key; now and then a token, or something that is not valid. */
  key(random: Random): Credential {
    if (random.chance(0.9)) return random.pick(this.#keys);
    return this.token("publishing", random);
  }

  /** Returns a token, mostly one for a purpose; some are not valid. */
  token(use: keyof Tokens, random: Random): Credential {
    if (random.chance(0.15)) return random.pick(this.#refused);
    const { subscribing, publishing } = this.#tokens;
    return random.pick(
      random.chance(0.05) ? [...subscribing, ...publishing] : this.#tokens[use],
    );
  }
}

/** Returns tokens that the gateway must refuse. */
async function refusedTokens(
  signingKey: string,
  valid: string,
): Promise<string[]> {
  const target = { signingKey };
  const topics = [`${CHANNELS[0]}/${TOPICS[0]}`];
  const payload = payloadOf(topics);
  const past = Math.floor(Date.now() / 1000) - 100;
  const [head = "", body = "", signature = ""] = valid.split(".");
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  return [
    await sign(target, { ...payload, iat: past - 10, exp: past, sexp: past }),
    await sign(target, { ...payload, iss: "other" }),
    await sign(target, { ...payload, aud: "other" }),
    await sign(target, { ...payload, topics: [] }),
    await sign(target, { ...payload, topics: [{ channel: "", name: "" }] }),
    await sign(target, { ...payload, exp: past + 10 * DAY_SECONDS }),
    await sign(target, { ...payload, nbf: past + 10 * DAY_SECONDS }),
    await sign(target, payload, { typ: "other" }),
    await sign({ signingKey: `${signingKey}0` }, payload),
    `${none}.${body}.`,
    `${none}.${body}.${signature}`,
    `${head}.${body}.`,
    `${head}.${body}`,
    `${head}.${body}.${signature}=`,
    `${head}.${body}=.${signature}`,
    `${head}.${body}.${signature}.`,
    `${head}.${body}.${otherEnd(signature)}`,
    `${head}.${body}.${signature.toUpperCase()}`,
    `${head}.${body}.${"A".repeat(43)}`,
    `${head}.${"A".repeat(4_000)}.${signature}`,
  ];
}

/** Returns a base64url text of the same bytes that is not canonical: its last character differs in bits that are left over. */
function otherEnd(signature: string): string {
  const alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(signature.slice(-1));
  return signature.slice(0, -1) + alphabet.charAt(last ^ 1);
}

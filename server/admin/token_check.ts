import { RealtimeError } from "../../core/protocol/errors.ts";
import { isName } from "../../core/protocol/names.ts";
import type { JsonObject } from "../../core/protocol/shape.ts";
import type { TokenPayload, TokenUse } from "../../core/protocol/token.ts";
import type { Auth } from "../auth/auth.ts";
import { uncheckedPayload } from "../auth/jwt.ts";
import type { GrantAnswer, TokenAnswer, TokenReport } from "./answers.ts";
import type { Inspector } from "./inspector.ts";
import { timeOf } from "./time.ts";

const USES: readonly TokenUse[] = ["subscribe", "publish", "ticket"];

/** Most sessions in a report. */
const SESSIONS = 100;

/** Explains why a client sees nothing: what its token is worth, whether it is connected, and what was refused to it. */
export class TokenCheck {
  readonly #auth: Auth;
  readonly #inspector: Inspector;

  constructor(auth: Auth, inspector: Inspector) {
    this.#auth = auth;
    this.#inspector = inspector;
  }

  /** Reports on a token. */
  async token(token: string): Promise<TokenReport> {
    const { error, verified } = await this.#verify(token);
    const payload = uncheckedPayload(token);
    const claims = Object.keys(payload).length > 0
      ? describeClaims(payload, verified)
      : undefined;
    const found = claims
      ? await this.#find({ subject: claims.subject, jti: claims.id })
      : { sessions: [], refused: [], gateways: [] };
    return {
      claims,
      valid: error === undefined,
      error: error && { code: error.code, message: error.message },
      subject: claims?.subject,
      ...found,
    };
  }

  /** Reports on a subject. */
  async subject(subject: string): Promise<TokenReport> {
    return { subject, ...await this.#find({ subject }) };
  }

  /** Finds the sessions of a token or, without one, of a subject, and what was refused to either. */
  async #find(
    { subject, jti }: {
      subject?: string | undefined;
      jti?: string | undefined;
    },
  ): Promise<Pick<TokenReport, "sessions" | "refused" | "gateways">> {
    const filter = jti === undefined ? { subject } : { jti };
    const isNamed = subject !== undefined || jti !== undefined;
    const [{ sessions, gateways }, refused] = await Promise.all([
      // Without a name, all sessions would match.
      this.#inspector.sessions(filter, { limit: isNamed ? SESSIONS : 0 }),
      this.#inspector.refusals({ subject, jti }),
    ]);
    return { sessions, refused, gateways };
  }

  /** Tells why a token can't be used, if it can't, and whether its signature is right. */
  async #verify(
    token: string,
  ): Promise<{ error?: RealtimeError; verified: boolean }> {
    const verified = await this.#auth.tokens.isSigned(token);
    try {
      await this.#auth.verify(token, USES);
      return { verified };
    } catch (error) {
      if (error instanceof RealtimeError) return { error, verified };
      throw error;
    }
  }
}

/** Describes the claims of a token, which may be anyone's, as far as they have a form that can be shown. */
function describeClaims(payload: TokenPayload, verified: boolean): TokenAnswer {
  const { jti, sub, aud, iat, exp, sexp = exp, topics, publish, stop } =
    payload;
  return {
    verified,
    id: textOf(jti),
    use: USES.find((use) => aud === `tidings.${use}`),
    subject: textOf(sub),
    issued_at: secondsOf(iat),
    expires_at: secondsOf(exp),
    session_expires_at: secondsOf(sexp),
    subscribe: grantsOf(topics),
    publish: publish === true ? true : grantsOf(publish),
    stop: stop === true ? true : grantsOf(stop),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function secondsOf(value: unknown): string | undefined {
  // The last day that a Date has.
  return typeof value === "number" && Math.abs(value) <= 8.64e12
    ? timeOf(value * 1000)
    : undefined;
}

function grantsOf(topics: unknown): GrantAnswer[] {
  const byChannel = new Map<string, string[]>();
  for (const topic of Array.isArray(topics) ? topics : []) {
    const { channel, name }: JsonObject = Object(topic);
    if (!isName(channel) || !isName(name)) continue;
    const names = byChannel.get(channel);
    if (names) names.push(name);
    else byChannel.set(channel, [name]);
  }
  return [...byChannel].map(([channel, topics]) => ({ channel, topics }));
}

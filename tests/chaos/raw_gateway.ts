import { randomBytes } from "node:crypto";
import { mintToken } from "../../core/protocol/mint_token.ts";
import type { Target } from "../support/wire/websocket.ts";
import type { Trial } from "./fault.ts";
import { GatewayProcess } from "./gateway_process.ts";
import { Ledger } from "./ledger.ts";
import { Publisher, TOPIC } from "./publisher.ts";

/** A gateway without clients of the module: the fault itself talks to it. */
export interface RawGateway extends Target {
  readonly gateway: GatewayProcess;
  readonly publisher: Publisher;
  readonly ledger: Ledger;
  /** Makes a token for a channel. */
  token(channel: string): Promise<string>;
}

/** Starts a gateway, tries a fault on it, and ends it. */
export async function withGateway<T>(
  { programs, runtime }: Trial,
  flags: readonly string[],
  body: (raw: RawGateway) => Promise<T>,
): Promise<T> {
  const signingKey = `signkey-chaos-${randomBytes(32).toString("hex")}`;
  const gateway = await GatewayProcess.start({
    programs,
    runtime,
    signingKey,
    flags,
  });
  const { url } = gateway;
  const ledger = new Ledger();
  try {
    return await body({
      gateway,
      url,
      signingKey,
      ledger,
      publisher: new Publisher({ url, signingKey, ledger }),
      token: (channel) =>
        mintToken(signingKey, { topics: [{ channel, name: TOPIC }] }),
    });
  } finally {
    await gateway.stop();
  }
}

/** Gives up on what takes too long: that is an answer, too. */
export async function within<T>(
  ms: number,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${what}: nothing within ${ms / 1000} s`)),
          ms,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** What failed, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { randomBytes } from "node:crypto";
import { mintToken } from "../../core/protocol/mint_token.ts";
import type { Target } from "../support/wire/websocket.ts";
import type { Trial } from "./fault.ts";
import { GatewayProcess } from "./gateway_process.ts";
import { Ledger } from "./ledger.ts";
import { Publisher } from "./publisher.ts";
import { makeStorage } from "./storage.ts";
import { TOPIC } from "../support/topic.ts";

/** A gateway without clients of the module: the fault itself sends requests and frames. */
export interface RawGateway extends Target {
  readonly gateway: GatewayProcess;
  readonly publisher: Publisher;
  readonly ledger: Ledger;
  /** Mints a token for a channel. */
  token(channel: string): Promise<string>;
}

/** Starts a gateway, runs a fault against it, and stops it. */
export async function withGateway<T>(
  trial: Trial,
  flags: readonly string[],
  body: (raw: RawGateway) => Promise<T>,
): Promise<T> {
  const signingKey = `signkey-chaos-${randomBytes(32).toString("hex")}`;
  const { programs, runtime } = trial;
  await using storage = await makeStorage(trial);
  const gateway = await GatewayProcess.start({
    programs,
    runtime,
    signingKey,
    flags: [...flags, ...storage.flags],
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

/**
 * Rejects when a promise takes too long.
 *
 * @param what Names the promise in the error.
 */
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
          () => reject(new Error(`${what}: no result within ${ms / 1000} s`)),
          ms,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the message of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

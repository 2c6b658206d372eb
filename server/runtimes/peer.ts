/** The server of Bun. */
interface BunServerLike {
  requestIP?(request: Request): { readonly address: string } | null;
}

/** The parts of what each runtime passes beside a request that tell where it came from. */
interface Environment extends BunServerLike {
  /** Passed by Deno. */
  readonly remoteAddr?: { readonly hostname?: string };
  /** Passed by `@hono/node-server`. */
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string } };
  /** Passed on Bun by hono's convention; `Bun.serve` passes it bare. */
  readonly server?: BunServerLike;
}

/**
 * Returns the IP address that a request came from; `undefined` if it came through no server, or if the app that the gateway is mounted
 * in didn't pass on what its runtime said.
 */
export function peerOf(request: Request, env: unknown): string | undefined {
  const given: Environment = Object(env);
  const { remoteAddr, incoming, server = given } = given;
  return plainAddress(
    remoteAddr?.hostname ?? incoming?.socket.remoteAddress ??
      server.requestIP?.(request)?.address,
  );
}

/** Writes an IPv4 address as such that a socket for both families has as an IPv6 one. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "");
}

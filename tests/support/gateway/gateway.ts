import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  serve,
} from "../../../server/mod.ts";

/** The signing key of gateways in tests. */
export const SIGNING_KEY = `signkey-test-${"0123456789abcdef".repeat(4)}`;

/** A gateway that runs in the test's own process. */
export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly signingKey: string;
  readonly gateway: Gateway;
  close(): Promise<void>;
}

/** Clients come back at once, and nobody waits for those that do not read. */
const AT_ONCE = { spread: 0, deadline: 0 } as const;

/** Starts a real gateway on a port, by default a free one, of the runtime that runs the test. */
export async function startGateway(
  options: Partial<GatewayOptions> = {},
  port = 0,
): Promise<TestGateway> {
  const gateway = createGateway(
    options.dev ? options : { signingKey: SIGNING_KEY, ...options },
  );
  const server = await serve(gateway, { port });
  async function close(): Promise<void> {
    await gateway.close(AT_ONCE);
    await server.close();
  }
  return {
    url: server.url,
    signingKey: SIGNING_KEY,
    gateway,
    close,
    [Symbol.asyncDispose]: close,
  };
}

import { freePort } from "../brokers/redis.ts";
import { Terminal, type TerminalOptions } from "../process/terminal.ts";

/** The URL of the gateway in the documents. */
const GATEWAY_URL = "http://localhost:8787";

/** An app's gateway and servers. */
export interface Servers {
  readonly gatewayUrl: string;
  /** The output of the gateway so far. */
  readonly gatewayOutput: string;
  /** The URLs of the servers, in the order of their commands. */
  readonly urls: readonly string[];
}

/**
 * Starts an app's gateway and servers by their commands, on free ports.
 *
 * @param commands The command of the gateway, and those of the servers.
 * @param options Where they run.
 * @param stack Stops them.
 * @throws {Error} When one ends before it listens.
 */
export async function startServers(
  commands: readonly string[],
  { cwd, env }: TerminalOptions,
  stack: AsyncDisposableStack,
): Promise<Servers> {
  const start = async (
    command: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<Terminal> => {
    const PORT = String(await freePort());
    const options = { cwd, env: { ...env, PORT, ...variables } };
    return stack.use(new Terminal(command, options));
  };

  const [gatewayCommand = "", ...serverCommands] = commands;
  const gateway = await start(gatewayCommand, {});
  const gatewayUrl = await gateway.prints(/listens on (http:\S+)/);
  const urls: string[] = [];
  for (const command of serverCommands) {
    const server = await start(command.replaceAll(GATEWAY_URL, gatewayUrl), {
      REALTIME_URL: gatewayUrl,
    });
    const url = await server.prints(/http:\/\/localhost:\d+/);
    // The first request makes a development server build the page, which may take longer than a browser waits.
    await (await fetch(url)).text();
    urls.push(url);
  }
  return { gatewayUrl, gatewayOutput: gateway.output, urls };
}

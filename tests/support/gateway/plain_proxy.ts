import { createServer, request } from "node:http";
import { listen, type LocalServer } from "./local_server.ts";

/** The headers that concern one connection. A proxy that knows no upgrades drops them. */
const HOP_HEADERS = ["connection", "upgrade"];

/** Starts a reverse proxy that passes on plain requests only, as nginx does without a configuration for WebSockets. */
export async function startPlainProxy(target: string): Promise<LocalServer> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers };
    for (const name of HOP_HEADERS) delete headers[name];
    const { method } = incoming;
    const forwarded = request(
      new URL(incoming.url ?? "/", target),
      { method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    // The tests end connections on both sides.
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  return await listen(server);
}

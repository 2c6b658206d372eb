import { allows } from "./origin.ts";
import type { UpgradeContext } from "../runtimes/runtime.ts";
import { connect } from "./routes/connect.ts";
import type { GatewayParts } from "./context.ts";
import { errorAnswer } from "./error_response.ts";

const PATH = "/v1/realtime/connect";

/**
 * Answers a WebSocket's handshake without Hono. What is different in any way from most is left to its routes: for them
 * this returns `undefined`, and has touched nothing.
 */
export function connectShortcut(
  parts: GatewayParts,
): (context: UpgradeContext) => Promise<Response> | undefined {
  const { settings, state } = parts;

  async function open(
    context: UpgradeContext,
    query: ReadonlyMap<string, string>,
  ): Promise<Response> {
    try {
      return await connect(
        parts,
        context,
        query.get("token"),
        query.get("since"),
      );
    } catch (error) {
      return errorAnswer(parts, context.req.raw, error);
    }
  }

  return (context) => {
    const { req } = context;
    if (req.method !== "GET" || settings.dev || state.draining) return;
    if (req.header("upgrade")?.toLowerCase() !== "websocket") return;
    const origin = req.header("origin");
    if (origin !== undefined && !allows(settings, origin)) return;
    const query = readQuery(req.url);
    return query && open(context, query);
  };
}

/** What a handshake's address says, where nothing in it is escaped and no name stands in it twice. */
function readQuery(url: string): ReadonlyMap<string, string> | undefined {
  const path = url.indexOf("/", url.indexOf("//") + 2);
  if (!url.startsWith(PATH, path) || /[%+#]/.test(url)) return undefined;
  const query = new Map<string, string>();
  const rest = url.slice(path + PATH.length);
  if (rest === "") return query;
  if (!rest.startsWith("?")) return undefined;
  for (const part of rest.slice(1).split("&")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(equals, 0));
    if (query.has(name)) return undefined;
    query.set(name, part.slice(equals + 1));
  }
  return query;
}

import type { MaybePromise } from "../../core/types/realtime.ts";
import { brokeOff } from "./body.ts";
import { dataOfBody, decodeUtf8 } from "../wire/json_text.ts";
import { tooLarge } from "../publish/publisher.ts";
import type {
  JsonAnswer,
  RequestHead,
  Shortcut,
} from "../runtimes/shortcut.ts";
import { tell } from "./error_response.ts";
import type { GatewayParts } from "./context.ts";

const PATH = "/v1/realtime/publish?";

/** How many addresses are remembered, and of which length: 16 MB at most. */
const KNOWN_TARGETS = 16_384;
const KNOWN_LENGTH = 256;

/** Where a request publishes to. */
interface Target {
  readonly channel: string;
  readonly topics: readonly string[];
}

/**
 * Answers the request that there is most of, one message published with the signing key, without Hono. What is
 * different in any way is left to its routes: for them this returns `undefined`, and has touched nothing.
 *
 * It answers the same; only headers that say nothing to a server are left out. A message costs the gateway 19 µs on Deno,
 * 21 on Bun and 26 on Node, where their bare servers take 10, 13 and 23 for a request.
 */
export function publishShortcut(parts: GatewayParts): Shortcut {
  const { auth, settings, state } = parts;
  const publisher = parts.publisherFor(undefined);
  const limit = publisher.maxMessageBytes;
  /** By their addresses: who publishes mostly does so where they did before, and to read and remember one takes 1 µs. */
  const targets = new Map<string, Target>();

  function remember(url: string, target: Target): void {
    if (url.length > KNOWN_LENGTH) return;
    if (targets.size >= KNOWN_TARGETS) targets.clear();
    targets.set(url, target);
  }

  function refuse(head: RequestHead, error: unknown): JsonAnswer {
    const { code, status, json } = tell(parts, head, error);
    return { status, json, isLast: code === "too_large" };
  }

  function publish(
    head: RequestHead,
    { channel, topics }: Target,
    key: string | undefined,
    body: Uint8Array | undefined,
  ): MaybePromise<JsonAnswer> {
    try {
      if (!body) throw brokeOff();
      if (body.length > limit) throw tooLarge(channel, limit);
      const data = dataOfBody(decodeUtf8(body));
      const ids = publisher.publish({ channel }, topics, data, key);
      return ids instanceof Promise
        ? ids.then(answer, (error) => refuse(head, error))
        : answer(ids);
    } catch (error) {
      return refuse(head, error);
    }
  }

  return (head) => {
    if (head.method !== "POST" || settings.dev || state.draining) return;
    const known = targets.get(head.url);
    const target = known ?? readTarget(head.url);
    if (!target || !auth.isPlainSigningKey(head.header("authorization"))) {
      return;
    }
    if (!known) remember(head.url, target);
    const length = Number(head.header("content-length") ?? NaN);
    if (!(length <= limit) || head.header("origin") || isStream(head)) return;
    const key = head.header("idempotency-key") ?? undefined;
    return (body) => publish(head, target, key, body);
  };
}

function answer(ids: readonly string[]): JsonAnswer {
  const json = `{"id":"${ids[0]}","ids":["${ids.join('","')}"]}`;
  return { status: 200, json, isLast: false };
}

function isStream(head: RequestHead): boolean {
  return head.header("content-type")?.toLowerCase().includes("stream") ?? false;
}

/** What a request's address says, where it says nothing but channel and topics, with escapes that are UTF-8. */
function readTarget(url: string): Target | undefined {
  if (!url.startsWith(PATH)) return undefined;
  let channel: string | undefined;
  const topics: string[] = [];
  for (const part of url.slice(PATH.length).split("&")) {
    const equals = part.indexOf("=");
    const value = decode(part.slice(equals + 1));
    if (value === undefined) return undefined;
    const name = part.slice(0, equals);
    if (name === "topic") topics.push(value);
    else if (name === "channel" && channel === undefined) channel = value;
    else return undefined;
  }
  return channel === undefined ? undefined : { channel, topics };
}

/** Hono's routes say what is wrong where it is `undefined`. */
function decode(text: string): string | undefined {
  if (/^[\w.:-]*$/.test(text)) return text;
  if (/[^!-~]|#/.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

import { channelName } from "../../core/channel/channel.ts";
import { baseUrl } from "../../core/http/base_url.ts";
import { isTransient } from "../../core/http/transient.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isJsonObject, isText } from "../../core/protocol/shape.ts";
import { askPatiently } from "../../core/subscribe/ask_patiently.ts";
import { loadSender } from "../../core/subscribe/load_sender.ts";
import {
  createTokenSource,
  missing,
  readToken,
  type TokenLike,
  type TokenSource,
} from "../../core/subscribe/token_source.ts";
import { ANSWER_TOPIC, chatName } from "../chat_name.ts";
import type { AskedChat, ChatTransportOptions } from "./transport_options.ts";

/** An answer: its data stream. */
export interface Answer {
  readonly streamId: string;
  /** The id of the stream's start; absent where the gateway's log no longer has it. */
  readonly id?: string | undefined;
  /** Whether it was running before: a page that resumes it shows all of its message. */
  readonly isFound?: boolean;
}

/** A chat at its gateway. */
export interface Chat {
  readonly channel: string;
  readonly tokens: TokenSource;
  /** Resolves when there is a token. */
  readonly ready: Promise<unknown>;
  /** Finds the answer that is running. */
  running(): Promise<Answer | undefined>;
  /** Stops an answer for everyone. Returns `false` if it has ended otherwise. */
  stop(answer: Answer): Promise<boolean>;
}

/** Opens a chat: asks for a token at once. */
export function openChat(
  { token, url }: Pick<ChatTransportOptions, "token" | "url">,
  asked: AskedChat,
): Chat {
  const channel = chatName(asked.chatId);
  async function ask(): Promise<TokenLike> {
    const given = typeof token === "function" ? () => token(asked) : token;
    const answer = await readToken(given);
    // The gateway would only say what the token does not grant.
    if (channelName(answer.channel) === channel) return answer;
    throw new RealtimeError(
      "forbidden",
      "Cannot get a token: it is not for this chat",
    );
  }
  const first = ask();
  // An abort may come before anything waits for it.
  first.catch(() => {});
  let isFirst = true;
  const tokens = createTokenSource(() => {
    const next = isFirst ? first : ask();
    isFirst = false;
    return next;
  });

  async function gateway(action: string): Promise<string> {
    const { key, apiBaseUrl } = await first;
    tokens.jwt ??= key;
    const given = url ?? apiBaseUrl;
    if (!given) throw missing('the token\'s "apiBaseUrl"', "invalid_argument");
    return baseUrl(given, action);
  }

  return {
    channel,
    tokens,
    ready: first,
    async running() {
      const action = `Cannot find the answer of "${channel}"`;
      const query = new URLSearchParams({ channel, topic: ANSWER_TOPIC });
      const asked = {
        url: await gateway(action),
        action,
        token: () => tokens.jwt,
        mayPass: isTransient,
      };
      const path = `streams?${query}`;
      const { streams } = await askPatiently(asked, path);
      return newestOf(streams);
    },
    async stop({ streamId }) {
      const sender = loadSender({
        channel,
        tokens,
        schemaOf: () => undefined,
        connections: { url: await gateway("Cannot stop the answer") },
        isOver: () => false,
      });
      return await sender.stop({ channel, topic: ANSWER_TOPIC, streamId });
    },
  };
}

/** Returns the newest of the app's open streams in the gateway's answer. A stream of a client is no answer. */
function newestOf(streams: unknown): Answer | undefined {
  const newest: unknown = Array.isArray(streams)
    ? streams.filter((stream) => !Object(stream).client).at(-1)
    : undefined;
  if (!isJsonObject(newest)) return undefined;
  const { stream_id: streamId, id } = newest;
  if (!isText(streamId)) return undefined;
  return { streamId, id: isText(id) ? id : undefined, isFound: true };
}

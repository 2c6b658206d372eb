import { getSubscriptionToken } from "../core/app/subscription_token.ts";
import type { AppLike, TokenOptions } from "../core/types/app.ts";
import type { Token } from "../core/types/token.ts";
import { type ChatChannel, chatChannel } from "./chat_channel.ts";
import { ANSWER_TOPIC } from "./chat_name.ts";

/** Options of {@linkcode chatToken}. */
export interface ChatTokenOptions
  extends Pick<TokenOptions, "expiresIn" | "sessionExpiresIn" | "subject"> {
  /** The chat's id. The app has to check that the user may read this chat. */
  chatId: string;
  /**
   * Whether the user may stop an answer. Nobody may publish with this token.
   *
   * @default {true}
   */
  canStop?: boolean | undefined;
}

/**
 * Makes the token with which a browser reads a chat's answers. Give it only to users who may read that chat.
 *
 * @param app An app of `createRealtime`; with `canStop: false` an Inngest client, too.
 * @throws {RealtimeError} `invalid_name` for an id that no channel can have; `unauthenticated` without a key.
 *
 * @example The route of `createChatTransport`'s `token`, in Hono
 * ```ts
 * import { createRealtime } from "@tidings/realtime";
 * import { chatToken } from "@tidings/realtime/ai";
 * import { Hono } from "hono";
 *
 * declare function isOwner(request: Request, chatId: string): Promise<boolean>;
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * export const app = new Hono();
 * app.get("/api/chat/:id/token", async (c) => {
 *   const chatId = c.req.param("id");
 *   if (!await isOwner(c.req.raw, chatId)) return c.text("Not your chat", 403);
 *   return c.json(await chatToken(realtime, { chatId }));
 * });
 * ```
 */
export function chatToken(
  app: AppLike,
  { chatId, canStop = true, ...options }: ChatTokenOptions,
): Promise<Token<ChatChannel, ["answer"]>> {
  return getSubscriptionToken(app, {
    ...options,
    channel: chatChannel(chatId),
    topics: [ANSWER_TOPIC],
    ...canStop ? { stop: [ANSWER_TOPIC] as const } : {},
  });
}

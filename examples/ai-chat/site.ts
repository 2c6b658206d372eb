import type { RealtimeApp } from "@tidings/realtime";
import { chatToken, publishChat } from "@tidings/realtime/ai";
import {
  convertToModelMessages,
  generateId,
  isStepCount,
  type LanguageModel,
  streamText,
  toUIMessageStream,
  type UIMessageChunk,
} from "ai";
import { Hono } from "hono";
import { z } from "zod";
import type { Chats } from "./chats.ts";
import { scriptedModel } from "./model.ts";
import { type SignedIn, signIn } from "./sign_in.ts";
import { tools } from "./tides.ts";

/** Options of {@linkcode createSite}. */
export interface SiteOptions {
  readonly model?: LanguageModel;
  /** Called with a line for each answer that has ended. */
  readonly log?: (line: string) => void;
}

/** Creates the app's own server, which lets the model answer, keeps the messages, and mints tokens. */
export function createSite(
  realtime: RealtimeApp,
  chats: Chats,
  { model = scriptedModel(), log = () => {} }: SiteOptions = {},
): Hono<SignedIn> {
  const site = new Hono<SignedIn>();
  site.use(signIn);

  site.post("/api/chat", async (c) => {
    const { data } = question.safeParse(await c.req.json().catch(() => null));
    if (!data) return c.text("This is no question", 400);
    const { id, message } = data;
    if (!chats.belongsTo(id, c.var.user)) {
      return c.text(NOT_YOURS, 403);
    }
    return publishChat(realtime, {
      chatId: id,
      stream(abortSignal) {
        // Saved here, so that a question which is refused is not saved.
        chats.ask(id, message);
        return answer(id, abortSignal);
      },
    });
  });

  /** Lets the model answer a chat's last question; saves the answer when it ends, also when it was stopped. */
  async function answer(
    id: string,
    abortSignal: AbortSignal,
  ): Promise<ReadableStream<UIMessageChunk>> {
    const messages = chats.messages(id);
    const { stream } = streamText({
      model,
      // A call may be incomplete in an answer that was stopped.
      messages: await convertToModelMessages(messages, {
        ignoreIncompleteToolCalls: true,
      }),
      tools,
      stopWhen: isStepCount(3),
      abortSignal,
    });
    return toUIMessageStream({
      stream,
      originalMessages: messages,
      generateMessageId: generateId,
      onEnd({ responseMessage }) {
        chats.save(id, responseMessage);
        const how = abortSignal.aborted ? "was stopped" : "is complete";
        log(`The answer ${how}`);
      },
    });
  }

  site.get("/api/chat/:id/token", async (c) => {
    const chatId = c.req.param("id");
    const { user } = c.var;
    if (!chats.belongsTo(chatId, user)) {
      return c.text(NOT_YOURS, 403);
    }
    return c.json({
      token: await chatToken(realtime, { chatId, subject: user }),
    });
  });

  site.get("/api/chat/:id", (c) => {
    const id = c.req.param("id");
    if (!chats.belongsTo(id, c.var.user)) {
      return c.text(NOT_YOURS, 403);
    }
    return c.json(chats.messages(id));
  });

  site.get("/api/chats", (c) => c.json(chats.of(c.var.user)));
  site.post("/chats", (c) => c.redirect(`/?chat=${chats.create(c.var.user)}`));
  site.get("/", async (c, next) => {
    if (c.req.query("chat")) return await next();
    const { user } = c.var;
    return c.redirect(`/?chat=${chats.of(user)[0]?.id ?? chats.create(user)}`);
  });
  return site;
}

const NOT_YOURS = "This chat is not yours";

/** The body that the page sends: the chat's id, and the question. */
const question = z.object({
  id: z.string(),
  message: z.object({
    id: z.string(),
    role: z.literal("user"),
    parts: z.array(z.object({ type: z.literal("text"), text: z.string() })),
  }),
});

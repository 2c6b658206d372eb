/// <reference lib="dom" />
import { useChat } from "@ai-sdk/react";
import { type FormEvent, type ReactElement, useState } from "react";
import { createRoot } from "react-dom/client";
import {
  followOtherWindows,
  isBusy,
  openChat,
  showRunningAnswer,
  type TideChat,
} from "./chat.ts";
import { Message } from "./message.tsx";
import { titleOf } from "./title.ts";

const QUESTIONS = [
  "Why are there two tides a day?",
  "What is a neap tide?",
  "What is happening here?",
];

interface ChatEntry {
  readonly id: string;
  readonly title: string;
}

interface AppProps {
  readonly chat: TideChat;
  readonly chats: readonly ChatEntry[];
}

function App({ chat, chats }: AppProps): ReactElement {
  const { messages, status, error, stop } = useChat({ chat, resume: true });
  const [text, setText] = useState(QUESTIONS[0] ?? "");
  const [refusal, setRefusal] = useState("");
  const isWriting = isBusy({ status });
  const problem = refusal || error?.message;

  async function ask(question: string): Promise<void> {
    if (isWriting) return;
    setRefusal("");
    await chat.sendMessage({ text: question });
    if (Object(chat.error).code !== "stream_open") return;
    // Another window was first. The question was not saved, so it goes back to where it was written.
    setText(question);
    setRefusal("Another window asked first. Ask again after this answer.");
    chat.clearError();
    await showRunningAnswer(chat);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isWriting) return;
    setText("");
    void ask(text);
  }

  return (
    <>
      <Chats chats={chats} openId={chat.id} openTitle={titleOf(messages)} />
      <main>
        <section role="log" aria-label="Messages" aria-busy={isWriting}>
          <div>
            {messages.length === 0 && <h1>Ask about the sea</h1>}
            {messages.map((message, i) => (
              <Message
                key={message.id}
                message={message}
                isWriting={isWriting && i === messages.length - 1}
              />
            ))}
          </div>
        </section>
        <footer>
          <p role="status">
            {isWriting ? "Reload this page now, or " : !problem && "Ready"}
            {isWriting && (
              <button type="button" onClick={stop}>stop the answer</button>
            )}
          </p>
          {problem && (
            <p role="alert">
              {problem} {error && (
                <button
                  type="button"
                  onClick={() => chat.regenerate()}
                >
                  try again
                </button>
              )}
            </p>
          )}
        </footer>
        <form onSubmit={submit}>
          {QUESTIONS.slice(1).map((question) => (
            <button
              type="button"
              key={question}
              aria-disabled={isWriting}
              onClick={() => ask(question)}
            >
              {question}
            </button>
          ))}
          <input
            aria-label="Your question"
            value={text}
            onChange={({ target }) => setText(target.value)}
            required
          />
          <button type="submit" aria-disabled={isWriting}>Ask</button>
        </form>
      </main>
    </>
  );
}

interface ChatsProps {
  readonly chats: readonly ChatEntry[];
  readonly openId: string;
  /** The title of the chat that is open, which changes with its first question. */
  readonly openTitle: string;
}

function Chats({ chats, openId, openTitle }: ChatsProps): ReactElement {
  return (
    <nav aria-label="Chats">
      <form method="post" action="/chats">
        <button type="submit">New chat</button>
      </form>
      {chats.map(({ id, title }) => (
        <a
          key={id}
          href={`/?chat=${id}`}
          aria-current={id === openId ? "page" : undefined}
        >
          {id === openId ? openTitle : title}
        </a>
      ))}
    </nav>
  );
}

const root = createRoot(document.getElementById("root") ?? document.body);
const id = new URLSearchParams(location.search).get("chat") ?? "";
try {
  const chat = await openChat(id);
  const chats = await (await fetch("/api/chats")).json();
  root.render(<App chat={chat} chats={chats} />);
  followOtherWindows(chat).catch(console.error);
} catch (error) {
  root.render(
    <main>
      <p role="alert">{Object(error).message}</p>
      <a href="/">Your own chats</a>
    </main>,
  );
}

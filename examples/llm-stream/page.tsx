/// <reference lib="dom" />
import type { Realtime } from "@tidings/realtime";
import { useStream, useSubscription } from "@tidings/realtime/hooks";
import type { ReactElement } from "react";
import { createRoot } from "react-dom/client";
import type { chat } from "./channels.ts";

const TITLE = "Ask about the sea";
const HINT = "Then reload this page before the answer is complete.";
const QUESTION = "Why are there two tides a day?";
const MORE_QUESTIONS = ["What is a neap tide?", "What is happening here?"];

function App(): ReactElement {
  const { latestData: question, state } = useSubscription<QuestionToken>({
    refreshToken: questionToken,
    from: "start",
  });
  const { text, done, error, streamId, stop } = useStream("answer", {
    token: answerToken,
    from: "start",
  });
  const isWriting = streamId !== null && !done;

  return (
    <main>
      <article aria-busy={isWriting}>
        <h1>{question?.kind === "data" ? question.data : TITLE}</h1>
        <p>{question ? text : HINT}</p>
      </article>
      <footer role="status">
        {error?.message ??
          (isWriting ? "Reload this page now, or " : `Subscription: ${state}`)}
        {isWriting && (
          <button type="button" onClick={() => stop()}>stop the answer</button>
        )}
      </footer>
      <AskForm isDisabled={isWriting} />
    </main>
  );
}

function AskForm({ isDisabled }: { isDisabled: boolean }): ReactElement {
  return (
    <form action={(form) => ask(String(form.get("question")))}>
      <fieldset disabled={isDisabled}>
        {MORE_QUESTIONS.map((question) => (
          <button
            type="button"
            key={question}
            onClick={() => ask(question)}
          >
            {question}
          </button>
        ))}
        <input name="question" defaultValue={QUESTION} required />
        <button type="submit">Ask</button>
      </fieldset>
    </form>
  );
}

async function ask(question: string): Promise<void> {
  await fetch("/api/ask", {
    method: "POST",
    body: JSON.stringify({ question }),
  });
}

type QuestionToken = Realtime.Token<typeof chat, ["question"]>;

function questionToken(): Promise<Response> {
  return fetch("/api/realtime-token?topic=question");
}

function answerToken(): Promise<Response> {
  return fetch("/api/realtime-token?topic=answer");
}

createRoot(document.getElementById("root") ?? document.body).render(<App />);

/// <reference lib="dom" />
import type { Realtime } from "@tidings/realtime";
import { useInngestSubscription, useRealtime } from "@tidings/realtime/hooks";
import type { ReactElement } from "react";
import { createRoot } from "react-dom/client";
import type { userChannel } from "./channels.ts";

type UserChannelToken = Realtime.Token<typeof userChannel, ["ai", "$run"]>;

async function fetchToken(): Promise<UserChannelToken> {
  const answer = await fetch("/api/get-subscribe-token", { method: "POST" });
  return (await answer.json()).token;
}

function App(): ReactElement {
  const { data, error, state } = useInngestSubscription({
    refreshToken: fetchToken,
    from: "start",
  });
  const { runStatus, messages } = useRealtime({
    token: fetchToken,
    from: "start",
    autoCloseOnTerminal: false,
  });

  return (
    <main>
      <h1>What to read next</h1>
      <form action={(form) => ask(String(form.get("prompt")))}>
        <input name="prompt" defaultValue="Life in space" required />
        <button type="submit">Recommend</button>
      </form>
      <ol aria-live="polite">
        {data.map((message) =>
          message.topic === "ai" && message.kind === "data" && (
            <li key={message.id}>{message.data.response}</li>
          )
        )}
      </ol>
      <footer role="status" data-run={messages.last && runStatus}>
        {error?.message ??
          (messages.last ? `Run: ${runStatus}` : `Subscription: ${state}`)}
      </footer>
    </main>
  );
}

async function ask(prompt: string): Promise<void> {
  await fetch("/api/recommendations", {
    method: "POST",
    body: JSON.stringify({ prompt }),
  });
}

createRoot(document.getElementById("root") ?? document.body).render(<App />);

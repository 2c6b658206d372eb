/// <reference lib="dom" />
import { useChat } from "@ai-sdk/react";
import { type ReactElement, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { createChatTransport } from "../../ai.ts";

/** The chat that the page shows, from the URL's hash. */
export interface ChatScenario {
  readonly id: string;
  readonly whenAborted?: "stop" | "keep";
}

const scenario: ChatScenario = JSON.parse(
  decodeURIComponent(location.hash.slice(1)),
);

const transport = createChatTransport({
  token: ({ chatId }) => fetch(`/token?id=${encodeURIComponent(chatId)}`),
  whenAborted: scenario.whenAborted,
});

function Chat(): ReactElement {
  const { messages, status, error, sendMessage, stop } = useChat({
    id: scenario.id,
    transport,
    resume: true,
  });
  const answer = messages.findLast(({ role }) => role === "assistant");
  const texts = answer?.parts.map((part) =>
    part.type === "text" ? part.text : ""
  );
  return (
    <>
      <output id="answer">{texts?.join("")}</output>
      <output id="status">{status}</output>
      <output id="error">{error?.message}</output>
      <button
        type="button"
        id="send"
        onClick={() => sendMessage({ text: "When?" })}
      />
      <button type="button" id="stop" onClick={stop} />
    </>
  );
}

function App(): ReactElement {
  const [isShown, setShown] = useState(true);
  return (
    <StrictMode>
      {isShown && <Chat />}
      <button type="button" id="remove" onClick={() => setShown(false)} />
    </StrictMode>
  );
}

createRoot(document.getElementById("root") ?? document.body).render(<App />);

/// <reference lib="dom" />
/**
 * A page whose only component shows the running answer of a chat with `useChat` of the AI SDK.
 *
 * @module
 */

import { useChat } from "@ai-sdk/react";
import { createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { createChatTransport } from "../../ai.ts";
import type { Task } from "./page_contract.ts";
import { useShown } from "./use_shown.ts";

const task: Task = JSON.parse(
  document.getElementById("task")?.textContent ?? "",
);

const transport = createChatTransport({ token: () => fetch(task.tokenPath) });

function Answer(): ReactNode {
  const id = task.channel.slice("chat:".length);
  const { messages } = useChat({ id, transport, resume: true });
  const text = (messages[0]?.parts ?? [])
    .map((part) => part.type === "text" ? part.text : "")
    .join("");
  useShown(text.length === task.characters);
  return createElement("p", { style: { whiteSpace: "pre-wrap" } }, text);
}

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root");
createRoot(root).render(createElement(Answer));

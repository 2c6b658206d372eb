/// <reference lib="dom" />
/**
 * A page whose only component shows a stream with `useStream`, from its start.
 *
 * @module
 */

import { createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { useStream } from "../../hooks.ts";
import type { Task } from "./page_contract.ts";
import { useShown } from "./use_shown.ts";

const task: Task = JSON.parse(
  document.getElementById("task")?.textContent ?? "",
);

function getToken(): Promise<Response> {
  return fetch(task.tokenPath);
}

function Answer(): ReactNode {
  const { channel, topic } = task;
  const { text, done } = useStream(topic, {
    channel,
    token: getToken,
    from: "start",
  });
  useShown(done && text.length === task.characters);
  return createElement("p", { style: { whiteSpace: "pre-wrap" } }, text);
}

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root");
createRoot(root).render(createElement(Answer));

/// <reference lib="dom" />
/**
 * A page whose only component shows a stream with `useStream`, from its start.
 *
 * @module
 */

import { createElement, type ReactNode, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { useStream } from "../../hooks.ts";
import type { Shown, Task } from "./page_contract.ts";

const task: Task = JSON.parse(
  document.getElementById("task")?.textContent ?? "",
);

function getToken(): Promise<Response> {
  return fetch(task.tokenPath);
}

function Answer(): ReactNode {
  const mountedAt = useRef(performance.now());
  const renders = useRef(0);
  const { channel, topic } = task;
  const { text, done } = useStream(topic, {
    channel,
    token: getToken,
    from: "start",
  });
  renders.current++;
  useEffect(() => {
    if (!done || text.length !== task.characters) return;
    // The task after the next frame: the text is laid out and painted.
    requestAnimationFrame(() =>
      setTimeout(() => {
        const ms = performance.now() - mountedAt.current;
        const shown: Shown = { ms, renders: renders.current };
        Object.assign(globalThis, { shown });
      })
    );
  }, [text, done]);
  return createElement("p", { style: { whiteSpace: "pre-wrap" } }, text);
}

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root");
createRoot(root).render(createElement(Answer));

/// <reference lib="dom" />
/**
 * The page of `hooks_test.ts`: shows the results of Inngest's own React hooks as JSON.
 *
 * @module
 */

import { useInngestSubscription } from "@inngest/realtime/hooks";
import { useRealtime } from "inngest/react";
import { createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
const channel = root?.dataset.channel;
if (!root || !channel) throw new Error("The page has no root with a channel");

async function getToken<T>(hook: string): Promise<T> {
  const response = await fetch(`/token/${hook}`);
  if (!response.ok) throw new Error(`No token: ${response.status}`);
  return await response.json();
}

function show(
  id: string,
  status: string,
  count: number,
  value: unknown,
): ReactNode {
  const attributes = { id, "data-status": status, "data-count": count };
  return createElement("pre", attributes, JSON.stringify(value));
}

/** Shows the hook of `@inngest/realtime` 0.4, whose base URL is compiled in. */
function Subscription(): ReactNode {
  const { data, latestData, error, state } = useInngestSubscription({
    refreshToken: () =>
      getToken<{ channel: never; topics: string[]; key: string }>(
        "subscription",
      ),
  });
  return show("subscription", state, data.length, {
    data,
    latestData,
    error: error?.message,
  });
}

/** Shows the hook of `inngest` 4, which takes the base URL from its token. */
function Realtime(): ReactNode {
  const { connectionStatus, messages, runStatus, result, error } = useRealtime({
    channel,
    topics: ["ai", "$run"],
    token: () => getToken<{ key: string; apiBaseUrl: string }>("realtime"),
  });
  return show("realtime", connectionStatus, messages.all.length, {
    all: messages.all,
    last: messages.last,
    byTopic: messages.byTopic,
    runStatus,
    result,
    error: error?.message,
  });
}

createRoot(root).render([
  createElement(Subscription, { key: "subscription" }),
  createElement(Realtime, { key: "realtime" }),
]);

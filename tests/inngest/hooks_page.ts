/// <reference lib="dom" />
/**
 * The page of `hooks_test.ts`: shows the results of Inngest's own React hooks, and of ours with Inngest's channels and tokens, as JSON.
 *
 * @module
 */

import { useInngestSubscription } from "@inngest/realtime/hooks";
import { useRealtime } from "inngest/react";
import { channel as channelV4 } from "inngest/realtime";
import { createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { z } from "zod";
import { useRealtime as useOurRealtime, useSubscription } from "../../hooks.ts";
import { channel as ourChannel, topic } from "../../mod.ts";

const root = document.getElementById("root");
const channel = root?.dataset.channel;
if (!root || !channel) throw new Error("The page has no root with a channel");

const schema = z.object({ count: z.string().transform(Number) });
const ours = ourChannel((name: string) => name)
  .addTopic(topic("counted").schema(schema))(channel);
const theirs = channelV4({ name: channel, topics: { counted: { schema } } });

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

/** Shows the hook of `inngest` 4 with a channel of ours. */
function OursInTheirs(): ReactNode {
  const { connectionStatus, messages } = useRealtime({
    channel: ours,
    topics: ["counted"],
    token: () => getToken<{ key: string; apiBaseUrl: string }>("counted"),
  });
  const { all } = messages;
  return show("ours-in-theirs", connectionStatus, all.length, all);
}

/** Shows our hook with a channel and a token of `inngest` 4. */
function TheirsInOurs(): ReactNode {
  const { connectionStatus, messages } = useOurRealtime({
    channel: theirs,
    topics: ["counted"],
    token: () => fetch("/token/counted"),
    onError: () => {},
  });
  const { all } = messages;
  return show("theirs-in-ours", connectionStatus, all.length, all);
}

/** Shows our hook with a token of `inngest` 4 that has the channel itself, and went through JSON. */
function TheirToken(): ReactNode {
  const { state, data } = useSubscription({
    refreshToken: () => fetch("/token/channel"),
  });
  return show("their-token", state, data.length, data);
}

createRoot(root).render([
  createElement(Subscription, { key: "subscription" }),
  createElement(Realtime, { key: "realtime" }),
  createElement(OursInTheirs, { key: "ours-in-theirs" }),
  createElement(TheirsInOurs, { key: "theirs-in-ours" }),
  createElement(TheirToken, { key: "their-token" }),
]);

/// <reference lib="dom" />
/**
 * The page of the hooks' tests: its components show the results of the hooks as JSON.
 *
 * @module
 */
import {
  createElement,
  type ReactNode,
  StrictMode,
  useEffect,
  useState,
} from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import type { Realtime } from "../../core/types/realtime.ts";
import { useRealtime, useStream, useSubscription } from "../../hooks.ts";
import { TidingsDevtools } from "../../react/devtools/mod.ts";
import type { Notes, PageControl, Scenario, Shown } from "./scenario.ts";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root");

const notes: Notes = {
  fresh: [],
  strays: [],
  gaps: [],
  statuses: [],
  renders: 0,
};
let clearFirst = (): void => {};
let stopFirst = (): Promise<boolean> => Promise.resolve(false);

const factories = new Map<string, () => Promise<Response>>();

/** Returns the function that gets tokens: the same one for the same channel, as in an app's module. */
function tokenOf(
  { channel, topics, isInline }: Scenario,
): () => Promise<Response> {
  const query = new URLSearchParams({ channel });
  for (const topic of topics) query.append("topic", topic);
  const factory = () => fetch(`/token?${query}`);
  if (isInline) return factory;
  const name = JSON.stringify([channel, topics]);
  const known = factories.get(name) ?? factory;
  factories.set(name, known);
  return known;
}

interface ComponentProps {
  readonly index: number;
  readonly scenario: Scenario;
}

function onGap(gap: Realtime.Subscribe.Gap): void {
  notes.gaps.push(gap);
}

/** Records what a component renders, and shows it. */
function useShown(
  { index, scenario }: ComponentProps,
  shown: Shown,
  messages: readonly { channel?: string; data: unknown }[],
  fresh: readonly { data: unknown }[],
  clear: () => void,
): ReactNode {
  const strays = messages.filter(({ channel }) => channel !== scenario.channel);
  notes.strays.push(...strays);
  useEffect(() => {
    if (index > 0) return;
    notes.renders++;
    notes.statuses.push(shown.status);
    clearFirst = clear;
  });
  useEffect(() => {
    if (index === 0) notes.fresh.push(...fresh.map(({ data }) => data));
  }, [fresh]);
  return createElement("pre", {
    id: `shown-${index}`,
    "data-status": shown.status,
    "data-count": shown.data.length,
  }, JSON.stringify(shown));
}

function Subscription(props: ComponentProps): ReactNode {
  const { data, freshData, latestData, error, state, clear, retryInMs } =
    useSubscription({
      refreshToken: tokenOf(props.scenario),
      onGap,
      ...props.scenario.options,
    });
  return useShown(
    props,
    {
      status: state,
      error: error?.message,
      retryInMs,
      data: data.map((message) => message.data),
      last: latestData?.data,
    },
    data,
    freshData,
    clear,
  );
}

function RealtimeComponent(props: ComponentProps): ReactNode {
  const { channel, topics } = props.scenario;
  const { connectionStatus, messages, reset, error, ...rest } = useRealtime({
    channel,
    topics,
    token: tokenOf(props.scenario),
    onGap,
    ...props.scenario.options,
  });
  const byTopic = Object.entries<{ data: unknown } | undefined>(
    messages.byTopic,
  );
  return useShown(
    props,
    {
      status: connectionStatus,
      error: error?.message,
      retryInMs: rest.retryInMs,
      data: messages.all.map((message) => message.data),
      last: messages.last?.data,
      byTopic: Object.fromEntries(
        byTopic.map(([topic, message]) => [topic, message?.data]),
      ),
      runStatus: rest.runStatus,
      result: rest.result ?? rest.runError ?? undefined,
      pauseReason: rest.pauseReason,
    },
    messages.all,
    messages.delta,
    reset,
  );
}

function Stream(props: ComponentProps): ReactNode {
  const { channel, topics, options } = props.scenario;
  const { text, done, stopped, error, retryInMs, stop } = useStream(
    topics[0] ?? "",
    {
      channel,
      token: tokenOf(props.scenario),
      onGap,
      ...options,
    },
  );
  useEffect(() => {
    if (props.index === 0) stopFirst = stop;
  }, [stop]);
  return useShown(
    props,
    {
      status: "",
      error: error?.message,
      retryInMs,
      data: [],
      text,
      done,
      stopped,
    },
    [],
    [],
    () => {},
  );
}

const COMPONENTS = {
  useSubscription: Subscription,
  useRealtime: RealtimeComponent,
  useStream: Stream,
};

function Page({ first }: { first: Scenario }): ReactNode {
  const [scenario, setScenario] = useState(first);
  useEffect(() => {
    control.show = (change) =>
      setScenario((shown) => ({ ...shown, ...change }));
  }, []);
  const { hook, count = 1, isMounted = true } = scenario;
  const components = Array.from(
    { length: isMounted ? count : 0 },
    (_, index) =>
      createElement(COMPONENTS[hook], { key: index, index, scenario }),
  );
  return createElement(
    "main",
    null,
    components,
    scenario.devtools && createElement(TidingsDevtools, scenario.devtools),
  );
}

const control: PageControl = {
  show() {
    throw new Error("The page is not shown yet");
  },
  clear: () => clearFirst(),
  stop: () => stopFirst().catch(({ code }) => String(code)),
  notes,
};
Object.assign(globalThis, { control });

const first: Scenario = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const app = createElement(Page, { first });
// StrictMode has to be outermost: further inside, React does not mount twice what is there from the beginning.
const page = first.isStrict ? createElement(StrictMode, null, app) : app;
if (root.hasChildNodes()) hydrateRoot(root, page);
else createRoot(root).render(page);

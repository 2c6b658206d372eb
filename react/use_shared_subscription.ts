import { useEffect, useMemo, useSyncExternalStore } from "react";
import { ComponentView } from "./component_view.ts";
import type { ViewOptions } from "./view_options.ts";
import { INITIAL, type ViewState } from "./view_state.ts";

const ids = new WeakMap<object, number>();
let count = 0;

/** Returns a number that identifies a function. */
function idOf(it: object): number {
  const id = ids.get(it) ?? ++count;
  ids.set(it, id);
  return id;
}

/** The target that components have to agree on to share a subscription. */
export interface SharedTarget {
  /** The channel and topics, if they are known before there is a token. */
  readonly grant: readonly unknown[] | undefined;
  /** The function that gets tokens, if channel and topics are unknown. Another function is another target only together with another `key`. */
  readonly factory: object | undefined;
  /** The app's own key. */
  readonly key: string | undefined;
}

/** Subscribes a component. A server renders the initial state and does not subscribe. */
export function useSharedSubscription<T = never>(
  { grant, factory, key }: SharedTarget,
  options: ViewOptions<T>,
): readonly [ViewState<T>, ComponentView<T>] {
  // Apps often write the function inline: it is a new one at every render.
  const id = useMemo(() => factory && idOf(factory), [key, !factory]);
  const { from, validate, pauseOnHidden, reconnect, fold, isOver } = options;
  const viewKey = JSON.stringify([
    grant ?? id,
    key,
    from,
    validate,
    pauseOnHidden,
    reconnect,
    fold && idOf(fold),
    !isOver,
  ]);
  const view = useMemo(() => new ComponentView(viewKey, options), [viewKey]);
  const state = useSyncExternalStore(view.subscribe, view.getState, getInitial);
  useEffect(() => view.committed(state, options));
  return [state, view];
}

function getInitial(): ViewState<never> {
  return INITIAL;
}

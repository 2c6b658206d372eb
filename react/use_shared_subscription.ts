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

/** Subscribes a component. A server renders the initial state and does not subscribe. */
export function useSharedSubscription<T = never>(
  options: ViewOptions<T>,
): readonly [ViewState<T>, ComponentView<T>] {
  const { grant, factory, key, from, validate } = options;
  const { pauseOnHidden, reconnect, reconnectMin, reconnectMax } = options;
  const { fold, isOver } = options;
  // Apps often write the function inline: it is a new one at every render.
  const id = useMemo(() => factory && idOf(factory), [key, !factory]);
  const viewKey = JSON.stringify([
    grant ?? id,
    key,
    from,
    validate,
    pauseOnHidden,
    reconnect,
    reconnectMin,
    reconnectMax,
    fold && idOf(fold),
    !isOver,
  ]);
  const view = useMemo(() => new ComponentView(viewKey, options), [viewKey]);
  const state = useSyncExternalStore(
    view.subscribe,
    view.getState,
    () => INITIAL,
  );
  useEffect(() => view.committed(state, options));
  return [state, view];
}

import { useEffect, useMemo, useSyncExternalStore } from "react";
import { INITIAL, type Snapshot } from "./snapshot.ts";
import { View, type ViewOptions } from "./view.ts";

const ids = new WeakMap<object, number>();
let count = 0;

/** A number for a function, the same whenever it is the same function. */
function idOf(it: object): number {
  const id = ids.get(it) ?? ++count;
  ids.set(it, id);
  return id;
}

/** What the components that share a source have in common. */
export interface Target {
  /** The channel and topics, where they are known before there is a token. */
  readonly grant: readonly unknown[] | undefined;
  /** What gives tokens, where they are not. Another function counts as another target only together with another `key`. */
  readonly factory: object | undefined;
  /** The app's own distinction. */
  readonly key: string | undefined;
}

/** Shows a component what it asked for. On a server it shows nothing, and subscribes to nothing. */
export function useView<T = never>(
  { grant, factory, key }: Target,
  options: ViewOptions<T>,
): readonly [Snapshot<T>, View<T>] {
  // Apps write the function in place, so that it is a new one at every render.
  const id = useMemo(() => factory && idOf(factory), [key, !factory]);
  const { from, validate, pausesOnHidden, comesBack, fold, isOver } = options;
  const viewKey = JSON.stringify([
    grant ?? id,
    key,
    from,
    validate,
    pausesOnHidden,
    comesBack,
    fold && idOf(fold),
    !isOver,
  ]);
  const view = useMemo(() => new View(viewKey, options), [viewKey]);
  const snapshot = useSyncExternalStore(
    view.subscribe,
    view.getSnapshot,
    serverSnapshot,
  );
  useEffect(() => view.committed(snapshot, options));
  return [snapshot, view];
}

function serverSnapshot(): Snapshot<never> {
  return INITIAL;
}

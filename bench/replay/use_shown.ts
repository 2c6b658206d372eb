/// <reference lib="dom" />
import { useEffect, useRef } from "react";
import type { Shown } from "./page_contract.ts";

/** Counts the renders of a component, and tells the benchmark when it shows the whole text. */
export function useShown(isWhole: boolean): void {
  const mountedAt = useRef(performance.now());
  const renders = useRef(0);
  renders.current++;
  useEffect(() => {
    if (!isWhole) return;
    // The task after the next frame: the text is laid out and painted.
    requestAnimationFrame(() =>
      setTimeout(() => {
        const ms = performance.now() - mountedAt.current;
        const shown: Shown = { ms, renders: renders.current };
        Object.assign(globalThis, { shown });
      })
    );
  }, [isWhole]);
}

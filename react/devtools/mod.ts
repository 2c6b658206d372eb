"use client";
/**
 * Devtools for the hooks: a panel in a corner of the page that shows the page's subscriptions.
 *
 * It is not part of `@tidings/realtime/hooks`, so that apps without it don't load it. In production it shows nothing, and bundlers leave it
 * out.
 *
 * @example
 * ```tsx
 * "use client";
 * import { TidingsDevtools } from "@tidings/realtime/hooks/devtools";
 * import type { ReactNode } from "react";
 *
 * export function Providers({ children }: { children: ReactNode }) {
 *   return <>{children}<TidingsDevtools /></>;
 * }
 * ```
 *
 * @module
 */
export {
  type DevtoolsCorner,
  TidingsDevtools,
  type TidingsDevtoolsProps,
} from "./tidings_devtools.ts";

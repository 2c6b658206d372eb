import { useEffect } from "react";
import { mountPanel } from "./panel.ts";

/** A corner of the page. */
export type DevtoolsCorner =
  | "bottom-right"
  | "bottom-left"
  | "top-right"
  | "top-left";

/** The properties of {@linkcode TidingsDevtools}. */
export interface TidingsDevtoolsProps {
  /**
   * The corner of the page with the button that opens the panel.
   *
   * @default {"bottom-right"}
   */
  readonly corner?: DevtoolsCorner | undefined;
}

/** Bundlers replace the name of the environment, as in React itself. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Adds a button to a corner of the page, which opens a panel with each subscription of the page's hooks: its channel and topics, its state,
 * its position, the gaps, the last messages, and the reason of the last outage. It records from the moment when it is mounted.
 *
 * It renders nothing itself: the panel is outside of the app's elements and styles. On a server, and where `process.env.NODE_ENV` is
 * `"production"`, it does nothing.
 *
 * @example
 * ```tsx
 * import { TidingsDevtools } from "@tidings/realtime/hooks/devtools";
 *
 * export function App() {
 *   return (
 *     <>
 *       <main>The app</main>
 *       <TidingsDevtools corner="bottom-left" />
 *     </>
 *   );
 * }
 * ```
 */
export function TidingsDevtools(
  { corner = "bottom-right" }: TidingsDevtoolsProps,
): null {
  useEffect(
    () =>
      process.env.NODE_ENV === "production" ? undefined : mountPanel(corner),
    [corner],
  );
  return null;
}

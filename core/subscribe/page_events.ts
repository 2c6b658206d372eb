/** An event of a page that may concern a connection. */
export interface PageEvent {
  readonly type: string;
}

/** The parts of a browser's global object that other runtimes may lack. */
interface Page {
  readonly addEventListener?: (
    type: string,
    listener: (event: PageEvent) => void,
    options: { readonly signal: AbortSignal },
  ) => void;
  readonly document?: object;
}

/** The global object. It has a `document` in a page. */
export const page: Page = globalThis;

/** Listens to the network (`online`, `offline`) and to whether the page is shown (`visibilitychange`). */
export function onPageEvent(
  listener: (event: PageEvent) => void,
  signal: AbortSignal,
): void {
  for (const type of ["online", "offline", "visibilitychange"]) {
    page.addEventListener?.(type, listener, { signal });
  }
}

import type { Gap } from "../types/subscription.ts";

/** Warns of lost messages on the console, for an app that has no `onGap`. */
export function warnOfGap({ channel, after, before }: Gap): void {
  console.warn(
    `Messages of "${channel}" were lost between ${after} and ${before}`,
  );
}

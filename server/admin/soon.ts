import { within } from "../../core/time/within.ts";

/** Milliseconds that the broker may take for an answer to an operator. */
const BROKER_MS = 800;

/** Waits for what the broker returns, but not for long; returns `undefined` where it fails or takes longer. */
export async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  let value: T | undefined;
  const done = promise.then((result) => {
    value = result;
  }, () => {
    // The broker can't be used, which the overview shows.
  });
  await within(BROKER_MS, done);
  return value;
}

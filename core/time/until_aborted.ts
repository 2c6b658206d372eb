/** Waits for a promise. Rejects with the signal's reason if it is aborted before. */
export async function untilAborted<T>(
  promise: Promise<T> | T,
  signal: AbortSignal | undefined,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    const value = await Promise.race([promise, aborted.promise]);
    signal?.throwIfAborted();
    return value;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Returns a signal that aborts when either of two does. */
export function either(
  signal: AbortSignal | null | undefined,
  other: AbortSignal,
): AbortSignal {
  // Older browsers can't join signals. There no process waits for the end of a request.
  return signal && AbortSignal.any ? AbortSignal.any([signal, other]) : other;
}

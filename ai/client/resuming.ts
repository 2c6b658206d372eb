/** The channels of the chats that began to look for their answers in this turn of the event loop. */
const resuming = new Set<string>();

/** Notes that a chat looks for its running answer. */
export function beginResuming(channel: string): void {
  resuming.add(channel);
  queueMicrotask(() => resuming.delete(channel));
}

/**
 * Calls a function after an abort, unless that was made to show the same answer again: for a `resumeStream()` while an answer is shown, the
 * AI SDK aborts the stream that it has, and asks for another one right afterwards.
 */
export function unlessResuming(channel: string, act: () => void): void {
  queueMicrotask(() => {
    if (!resuming.has(channel)) act();
  });
}

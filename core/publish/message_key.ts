/**
 * Makes an idempotency key for one message. Keys begin with the time, so that those of one moment stand side by side where a broker keeps them
 * in a file: random ones would change as many of its pages as there are keys.
 */
export function messageKey(): string {
  // The random part tells the keys of one millisecond apart, whichever process made them.
  return `${Date.now().toString(36)}-${crypto.randomUUID()}`;
}

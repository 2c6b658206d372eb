/** How the runtimes word the failures of a request, each with its meaning. Browsers tell no reasons. */
const REASONS = [
  [/refused/i, "connection refused"],
  [/ENOTFOUND|EAI_AGAIN|dns|lookup/i, "its host name is unknown"],
  [/certificate|self.signed|TLS|SSL/i, "its TLS certificate is not accepted"],
  [/timeout|timed out/i, "it does not answer"],
] as const;

/** Returns why a request failed for lack of an answer, from the error of `fetch`. */
export function networkReason(error: unknown): string {
  const { name, message, code, cause } = Object(error);
  const text = [name, code, message, Object(cause).code, cause].join(" ");
  const known = REASONS.find(([pattern]) => pattern.test(text));
  return known?.[1] ?? "nothing answers there";
}

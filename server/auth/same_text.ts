/**
 * Compares a text with a secret one in a time that depends only on both lengths. `timingSafeEqual` does the same for bytes; with the
 * conversion of the texts it takes 3 µs more on Deno, for each message that is published and each client that connects.
 */
export function isSameText(text: string, secret: string): boolean {
  const { length } = secret;
  if (text.length !== length) return false;
  let difference = 0;
  for (let i = 0; i < length; i++) {
    difference |= text.charCodeAt(i) ^ secret.charCodeAt(i);
  }
  return difference === 0;
}

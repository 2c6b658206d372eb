/** Quotes the name of a channel or topic for an error message. */
export function quote(name: string): string {
  return JSON.stringify(name);
}

/** A host name or an address, and a port. */
const HOST = /^(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** The last host that was found well-formed: nearly all requests are for the same one, and parsing it takes a microsecond. */
let known = "localhost";

/**
 * Tells whether a text is a host as in a `Host` header. Only what every parser reads alike is accepted: `127.1` is an address for some
 * and a name for others.
 */
export function isHost(text: string): boolean {
  if (text === known) return true;
  if (!HOST.test(text)) return false;
  const address = `http://${text}`;
  if (!URL.canParse(address)) return false;
  const name = text.replace(/:\d+$/, "").toLowerCase();
  if (new URL(address).hostname !== name) return false;
  known = text;
  return true;
}

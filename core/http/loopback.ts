const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

/** Tells whether a host name is this machine's own: `localhost`, a name below it, `127.0.0.0/8` or `::1`, with or without brackets. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

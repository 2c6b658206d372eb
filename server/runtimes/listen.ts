import { RealtimeError } from "../../core/protocol/errors.ts";

/** What a runtime said when it could not listen, in words that help. */
export function listenError(
  error: unknown,
  hostname: string,
  port: number,
): RealtimeError {
  const { code, name } = Object(error);
  const reason = code === "EADDRINUSE" || name === "AddrInUse"
    ? "the port is in use; choose another with --port, or 0 for a free one"
    : code === "EACCES" || name === "PermissionDenied"
    ? "this user may not use the port"
    : code === "EADDRNOTAVAIL" || name === "AddrNotAvailable"
    ? "this machine doesn't have the address"
    : error instanceof Error
    ? error.message
    : String(error);
  return new RealtimeError(
    "unavailable",
    `Cannot listen on ${origin(hostname, port).slice(7)}: ${reason}`,
    { cause: error },
  );
}

/** The URL of a server on an address; a wildcard address is reached on loopback. */
export function origin(hostname: string, port: number): string {
  const host = hostname === "0.0.0.0" || hostname === "::"
    ? "127.0.0.1"
    : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

import { RealtimeError } from "../../core/protocol/errors.ts";
import type { Server } from "./adapter.ts";

/** Describes a server that listens. */
export function listening(
  hostname: string,
  port: number,
  close: () => Promise<void>,
): Server {
  const url = origin(hostname, port);
  return { url, port, close, [Symbol.asyncDispose]: close };
}

/** Returns the error for a runtime that could not listen. */
export function listenError(
  error: unknown,
  hostname: string,
  port: number,
): RealtimeError {
  return new RealtimeError(
    "unavailable",
    `Cannot listen on ${origin(hostname, port).slice("http://".length)}: ${
      reasonOf(error)
    }`,
    { cause: error },
  );
}

/** Explains an error by its code on Bun and Node, by its name on Deno. */
function reasonOf(error: unknown): string {
  const { code, name } = Object(error);
  if (code === "EADDRINUSE" || name === "AddrInUse") {
    return "the port is in use; choose another with --port, or 0 for a free one";
  }
  if (code === "EACCES" || name === "PermissionDenied") {
    return "this user may not use the port";
  }
  if (code === "EADDRNOTAVAIL" || name === "AddrNotAvailable") {
    return "this machine doesn't have the address";
  }
  return error instanceof Error ? error.message : String(error);
}

/** Returns the URL of a server that listens on an address; a wildcard address is reached on loopback. */
function origin(hostname: string, port: number): string {
  const host = hostname === "0.0.0.0" || hostname === "::"
    ? "127.0.0.1"
    : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

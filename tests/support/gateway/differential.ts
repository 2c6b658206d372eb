import { Hono } from "hono";
import { Buffer } from "node:buffer";
import { type GatewayOptions, serve } from "../../../server/mod.ts";
import { RawSocket } from "../wire/raw_socket.ts";
import { startGateway, type TestGateway } from "./gateway.ts";

/** The parts of an answer that must be the same by every way. */
export interface AnswerSummary {
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  /** The error's code; absent in a success, and in a runtime's own answer. */
  readonly code?: string;
  /** Whether browsers are told not to store or sniff it. */
  readonly isSecure: boolean;
  /** The page that may read it. */
  readonly readableBy?: string;
}

/** A gateway that is reached by two ways. */
export interface Differential extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** Base URLs: of the gateway itself, which on Node has a handler beside `fetch`, and of a Hono app that it is mounted in. */
  readonly ways: Readonly<Record<"direct" | "mounted", string>>;
}

/** Starts a gateway that is served by itself and in a Hono app. */
export async function startDifferential(
  options: Partial<GatewayOptions> = {},
): Promise<Differential> {
  const gateway = await startGateway(options);
  const app = new Hono();
  app.all("*", (c) => gateway.gateway.fetch(c.req.raw, c.env));
  const mounted = await serve(app, { port: 0 });
  return {
    gateway,
    ways: { direct: gateway.url, mounted: mounted.url },
    async [Symbol.asyncDispose](): Promise<void> {
      await gateway.close();
      await mounted.close();
    },
  };
}

/** Sends a request as it is, one byte for each character, on a connection of its own. */
export async function summaryOf(
  url: string,
  bytes: string,
): Promise<AnswerSummary> {
  await using socket = await RawSocket.open(url);
  await socket.write(Buffer.from(bytes, "latin1"));
  const answer = await socket.takeAnswer(!bytes.startsWith("HEAD "));
  const { status, headers, body } = answer;
  const code = status === 101 ? undefined : codeOf(body);
  const readableBy = headers.get("access-control-allow-origin");
  return {
    status: status || 0,
    ...code !== undefined && { code },
    isSecure: headers.get("x-content-type-options") === "nosniff",
    ...readableBy !== undefined && { readableBy },
  };
}

function codeOf(body: string): string | undefined {
  try {
    return Object(JSON.parse(body)).error?.code;
  } catch {
    // Runtimes answer some requests by themselves, without JSON.
    return undefined;
  }
}

/** Rewrites a request so that its body has no announced length, which leads to the general path on each runtime; `undefined` if it can't be. */
export function withoutLength(bytes: string): string | undefined {
  const [head, body] = bytes.split("\r\n\r\n");
  const announced = "content-length: 1";
  if (!head?.endsWith(announced) || body !== "1") return undefined;
  const isPlain = head.split("content-length").length === 2;
  // HTTP/1.0 has no chunks.
  if (!isPlain || !head.includes(" HTTP/1.1\r\n")) return undefined;
  const chunked = head.slice(0, -announced.length) +
    "transfer-encoding: chunked";
  return `${chunked}\r\n\r\n1\r\n1\r\n0\r\n\r\n`;
}

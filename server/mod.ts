/**
 * The gateway: clients connect to it, and publishers publish to it.
 *
 * @example A gateway of one process
 * ```ts
 * import { createGateway, serve } from "@tidings/realtime/server";
 *
 * const gateway = createGateway({ signingKey: "a-key-of-at-least-32-characters-0000" });
 * const server = await serve(gateway, { port: 0 });
 * console.log(`Listening on ${server.url}`);
 * await server.close();
 * await gateway.close();
 * ```
 *
 * @module
 */
export { createGateway, type Gateway } from "./gateway.ts";
export type { KnownChannel } from "./publish/channel_schemas.ts";
export type { InboundMessage, OnMessage } from "./publish/message_callback.ts";
export {
  type ForwardOptions,
  forwardToInngest,
  type InngestEvent,
  type InngestSender,
} from "./publish/inngest_forwarder.ts";
export type { DrainOptions } from "./sessions/drain.ts";
export type { GatewayOptions } from "./options.ts";
export type { Fetcher, ListenOptions, Server } from "./runtimes/adapter.ts";
export { serve } from "./runtimes/runtime.ts";
export {
  type BunSocketLike,
  bunWebSocket,
  type BunWebSocketHandler,
} from "./runtimes/bun_websocket.ts";
export { Packet, type Socket, type SocketHandler } from "./wire/socket.ts";
export type { MessageKind } from "../core/protocol/frames.ts";
export type { Duration } from "../core/protocol/duration.ts";
export type { Position } from "../core/protocol/id.ts";
export { MemoryBroker, type MemoryBrokerOptions } from "./brokers/memory.ts";
export type {
  HistoryOptions,
  MemoryOptions,
} from "./brokers/history_options.ts";
export type {
  Broker,
  BrokerHealth,
  ChannelState,
  FirstReply,
  HealthListener,
  InterruptedStream,
  LogEntry,
  LogListener,
  LogPage,
  LogUsage,
  NewMessage,
  OpenStream,
  ReadOptions,
  ReplyTarget,
} from "./brokers/broker.ts";
export type {
  GatewayLink,
  LinkedAnswer,
  LinkedGateway,
} from "./brokers/gateway_link.ts";
export type { LastEntry, LogSummary } from "./brokers/log_summary.ts";
export type {
  RevocationListener,
  RevocationRecord,
  RevocationStore,
} from "./brokers/revocation_store.ts";

/**
 * The SQLite broker, for one gateway whose logs outlive it. SQLite is built into the runtimes: Deno, Bun 1.4 or later, Node 22.13 or later.
 *
 * @example A gateway that keeps a week of messages
 * ```ts
 * import { createGateway } from "@tidings/realtime/server";
 * import { SqliteBroker } from "@tidings/realtime/server/sqlite";
 *
 * const gateway = createGateway({
 *   broker: await SqliteBroker.open({
 *     path: "./tidings.db",
 *     historyTtl: "7d",
 *   }),
 *   signingKey: "a-key-of-at-least-32-characters-0000",
 * });
 * await gateway.close();
 * ```
 *
 * @module
 */
export { SqliteBroker } from "./sqlite/broker.ts";
export type { SqliteBrokerOptions } from "./sqlite/options.ts";
export type { Synchronous } from "./sqlite/url.ts";

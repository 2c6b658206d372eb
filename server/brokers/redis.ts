/**
 * The Redis broker, for more than one gateway. Every gateway on the same Redis serves the same channels, so a client that loses its gateway
 * resumes at another.
 *
 * @example Several gateways on one Redis
 * ```ts
 * import { createGateway } from "@tidings/realtime/server";
 * import { RedisBroker } from "@tidings/realtime/server/redis";
 *
 * const gateway = createGateway({
 *   broker: new RedisBroker({ url: "redis://localhost:6379" }),
 *   signingKey: "a-key-of-at-least-32-characters-0000",
 * });
 * await gateway.close();
 * ```
 *
 * @module
 */
export { RedisBroker } from "./redis/broker.ts";
export type { RedisBrokerOptions } from "./redis/options.ts";

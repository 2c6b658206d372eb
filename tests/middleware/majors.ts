/**
 * One way to write an app for both majors of Inngest's SDK.
 *
 * @module
 */
import { Inngest as InngestV3 } from "inngest-v3";
import { serve as serveV3 } from "inngest-v3/edge";
import { Inngest as InngestV4 } from "inngest";
import { serve as serveV4 } from "inngest/edge";
import type { PublishFn } from "../../core/types.ts";
import {
  realtimeMiddleware,
  type RealtimeMiddlewareConfig,
} from "../../middleware.ts";
import type { ServeHandler } from "./executor.ts";

/** What a function's handler gets in either major, as far as the tests use it. */
export interface HandlerArgs {
  readonly attempt: number;
  readonly runId: string;
  readonly event: {
    readonly name: string;
    readonly data: ReturnType<typeof JSON.parse>;
  };
  readonly step: {
    run<T>(id: string, handler: () => T): Promise<Awaited<T>>;
  };
  readonly publish: PublishFn;
}

/** A major version of the SDK. */
export interface Major {
  readonly name: string;
  /** Serves an app named "app" with one function, "fn". */
  serve(
    config: RealtimeMiddlewareConfig,
    handler: (args: HandlerArgs) => unknown,
  ): ServeHandler;
}

/** What the SDK would otherwise print about failures that a test makes on purpose. */
const logger = { info() {}, warn() {}, error() {}, debug() {} };

/** Version 3. */
export const V3: Major = {
  name: "inngest 3",
  serve(config, handler) {
    const client = new InngestV3({
      id: "app",
      isDev: true,
      logger,
      // The type is that of the major that `inngest` is: version 4.
      middleware: [realtimeMiddleware(config) as never],
    });
    const fn = client.createFunction(
      { id: "fn" },
      { event: "test/run" },
      async (args) => await handler(args as unknown as HandlerArgs),
    );
    return serveV3({ client, functions: [fn] });
  },
};

/** Version 4. */
export const V4: Major = {
  name: "inngest 4",
  serve(config, handler) {
    const client = new InngestV4({
      id: "app",
      isDev: true,
      logger,
      checkpointing: false,
      middleware: [realtimeMiddleware(config)],
    });
    const fn = client.createFunction(
      { id: "fn", triggers: [{ event: "test/run" }] },
      async (args) => await handler(args as unknown as HandlerArgs),
    );
    return serveV4({ client, functions: [fn] });
  },
};

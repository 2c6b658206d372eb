/**
 * A common way to write apps for both majors of Inngest's SDK.
 *
 * @module
 */
import { Inngest as InngestV3 } from "inngest-v3";
import { serve as serveV3 } from "inngest-v3/edge";
import { Inngest as InngestV4 } from "inngest";
import { serve as serveV4 } from "inngest/edge";
import type { PublishFn } from "../../core/types/realtime.ts";
import {
  realtimeMiddleware,
  type RealtimeMiddlewareConfig,
} from "../../middleware.ts";
import { SILENT } from "../inngest/sdk.ts";
import { answerAsInngest, type ServeHandler } from "./executor.ts";

/** The arguments of a function's handler in both majors, as far as the tests use them. */
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

/** A function's handler, or its failure handler. */
export type Handler = (args: HandlerArgs) => unknown;

/** A major version of the SDK. */
export interface Major {
  readonly name: string;
  /** Serves an app named "app" with one function, "fn". */
  serve(
    config: RealtimeMiddlewareConfig,
    handler: Handler,
    onFailure?: Handler,
  ): ServeHandler;
}

/** Casts a handler: both majors pass the same arguments, but with different types. */
function wrap(handler: Handler): (args: unknown) => Promise<unknown> {
  return async (args) => await handler(args as HandlerArgs);
}

/** Version 3. */
export const V3: Major = {
  name: "inngest 3",
  serve(config, handler, onFailure) {
    const client = new InngestV3({
      id: "app",
      isDev: true,
      logger: SILENT,
      // The middleware's type is that of version 4, which `inngest` is here.
      middleware: [realtimeMiddleware(config) as never],
    });
    const fn = client.createFunction(
      { id: "fn", ...onFailure && { onFailure: wrap(onFailure) } },
      { event: "test/run" },
      wrap(handler),
    );
    return serveV3({ client, functions: [fn] });
  },
};

/** Version 4, which executes one step in each request. */
export const V4: Major = createV4("inngest 4", { checkpointing: false });

/** Version 4 with its defaults: it continues after a step, and reports the step to Inngest meanwhile. */
export const V4_CHECKPOINTING: Major = createV4(
  "inngest 4 with checkpoints",
  { checkpointing: true, fetch: answerAsInngest },
);

function createV4(
  name: string,
  options: { readonly checkpointing: boolean; readonly fetch?: typeof fetch },
): Major {
  return { name, serve };

  function serve(
    config: RealtimeMiddlewareConfig,
    handler: Handler,
    onFailure?: Handler,
  ): ServeHandler {
    const client = new InngestV4({
      id: "app",
      isDev: true,
      logger: SILENT,
      ...options,
      middleware: [realtimeMiddleware(config)],
    });
    const fn = client.createFunction(
      {
        id: "fn",
        triggers: [{ event: "test/run" }],
        ...onFailure && { onFailure: wrap(onFailure) },
      },
      wrap(handler),
    );
    return serveV4({ client, functions: [fn] });
  }
}

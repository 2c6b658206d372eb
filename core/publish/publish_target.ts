import type { AppGateway } from "./app_gateway.ts";
import type { LineTarget } from "./batch_line.ts";

/** The destination of messages. */
export interface PublishTarget extends LineTarget {
  readonly gateway: AppGateway;
  /** The beginning of error messages: `Cannot publish to "user:1"`. */
  readonly action: string;
}

import { encoder } from "../protocol/names.ts";
import type { IncomingMessage } from "./decode_message.ts";

/** Makes a transformation of messages into the bytes of Server-Sent Events. JSON has no line breaks, so the data are one line. */
export function encodeEvents(): TransformStream<
  IncomingMessage,
  Uint8Array<ArrayBuffer>
> {
  return new TransformStream({
    transform({ stream: _, ...message }, controller) {
      const event = `id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`;
      controller.enqueue(encoder.encode(event));
    },
  });
}

import { PROTOCOL } from "./frame.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

/** Connects by WebSocket: one socket for all subscriptions. Tokens go in frames, so they stay out of URLs and logs. */
export function openWebSocket(
  url: string,
  handlers: TransportHandlers,
): Transport {
  const socket = new WebSocket(
    `${url.replace(/^http/, "ws")}/v1/realtime/connect`,
    [PROTOCOL],
  );
  socket.onopen = () => handlers.open();
  socket.onmessage = ({ data }) => handlers.message(String(data));
  socket.onclose = ({ code }) => handlers.close(code);
  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: () => socket.close(1000),
  };
}

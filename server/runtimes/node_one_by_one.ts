import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/** Most requests of a connection that wait. Node reads 64 KiB at once; only with tiny requests these have more, and the connection ends. */
const MOST_WAITING = 512;

/** How many requests of a connection wait for the answers to those before them. */
const waiting = new WeakMap<Socket, number>();

/**
 * Handles a connection's requests one at a time, and reads no more from it while some wait. Node hands over all that a client pipelines at
 * once, each of which would then hold its answer.
 */
export function oneByOne(listener: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    // An answer gets its socket when those before it have left.
    if (outgoing.socket) return listener(incoming, outgoing);
    const { socket } = incoming;
    // Node reads on whenever a request is handled.
    if (!waiting.has(socket)) socket.on("resume", () => hold(socket));
    const count = (waiting.get(socket) ?? 0) + 1;
    if (count > MOST_WAITING) return void socket.destroy();
    waiting.set(socket, count);
    hold(socket);
    outgoing.once("socket", () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      listener(incoming, outgoing);
      socket.resume();
    });
  };
}

function hold(socket: Socket): void {
  if (waiting.get(socket)) socket.pause();
}

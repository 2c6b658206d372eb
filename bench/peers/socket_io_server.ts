import { createServer } from "node:http";
import { Server, type ServerOptions } from "socket.io";
import { announce, queryOf } from "./bare.ts";

/** Serves Socket.IO with a room for each channel. A message that is posted to a channel goes to its room. */
export function serveSocketIo(options: Partial<ServerOptions> = {}): void {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], ...options });

  io.on("connection", (socket) => {
    void socket.join(String(socket.handshake.query.channel));
  });

  http.on("request", (request, response) => {
    const { channel } = queryOf(request.url);
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      io.to(channel).emit("message", body);
      response.writeHead(200, { "content-type": "application/json" });
      response.end("{}");
    });
  });

  http.listen(0, "127.0.0.1", () => announce(Object(http.address()).port));
}

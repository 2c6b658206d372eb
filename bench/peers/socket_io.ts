/**
 * Socket.IO on Node, with a room for each channel.
 *
 * @module
 */

import { serveSocketIo } from "./socket_io_server.ts";

serveSocketIo();

/**
 * Socket.IO on Node with the Redis Streams adapter: a message that one process gets is delivered by all.
 *
 * @module
 */

import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import process from "node:process";
import { serveSocketIo } from "./socket_io_server.ts";

const [url = ""] = process.argv.slice(2);
// The adapter expects replies of the protocol's version 2.
const client = createClient({ url, RESP: 2 });
await client.connect();
serveSocketIo({ adapter: createAdapter(client) });

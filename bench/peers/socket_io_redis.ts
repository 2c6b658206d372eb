/**
 * Socket.IO on Node with its Redis Streams adapter: what one process is given, all of them deliver.
 *
 * @module
 */

import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import process from "node:process";
import { serveSocketIo } from "./socket_io_server.ts";

const [url = ""] = process.argv.slice(2);
// The replies that the adapter expects are those of the protocol's version 2.
const client = createClient({ url, RESP: 2 });
await client.connect();
serveSocketIo({ adapter: createAdapter(client) });

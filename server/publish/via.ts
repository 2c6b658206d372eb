/** How a message came to the gateway: `stream` stands for all messages of data streams, the others for the request or frame that carried it. */
export type Via = "http" | "batch" | "websocket" | "stream";

/**
 * Publishes a message in a span to a gateway of this process, and handles it at a subscriber. Prints the id of the trace.
 *
 * @module
 */

import { trace } from "@opentelemetry/api";
import { createRealtime, subscribe, traceMessage } from "../../../mod.ts";
import { createGateway, serve } from "../../../server/mod.ts";

const gateway = createGateway({ dev: true });
const server = await serve(gateway, { port: 0 });
const app = createRealtime({ url: server.url });
const target = { app, channel: "c", topics: ["t"] };
const subscription = await subscribe(target);
await trace.getTracer("app").startActiveSpan("job", async (span) => {
  await app.publish({ channel: "c", topic: "t", data: 1 });
  console.log(span.spanContext().traceId);
  span.end();
});
for await (const message of subscription) {
  traceMessage(message, () => {});
  break;
}
await gateway.close();
await server.close();

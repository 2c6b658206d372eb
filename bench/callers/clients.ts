import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { createRealtime } from "../../mod.ts";
import { TOPIC } from "../../tests/support/topic.ts";
import type { CallersTarget, CallerWay } from "./ways.ts";

/** Publishes a message; resolves when it was acknowledged. */
export type Publish = (channel: string, data: string) => Promise<unknown>;

/** The data by which a client connects to a server, by the way in which it publishes. */
export const CLIENTS: Readonly<
  Record<CallerWay, (target: CallersTarget) => Promise<Publish>>
> = {
  "our client": ourClient,
  "JetStream": jetStreamClient,
};

function ourClient({ url, signingKey }: CallersTarget): Promise<Publish> {
  const realtime = createRealtime({ url, signingKey });
  return Promise.resolve((channel, data) =>
    realtime.publish({ channel, topic: TOPIC, data })
  );
}

/** Makes a stream in files that keeps as much as our gateway does by default. */
async function jetStreamClient({ url }: CallersTarget): Promise<Publish> {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({
    name: "bench",
    subjects: ["bench.*"],
    storage: "file",
    max_msgs_per_subject: 1000,
    max_age: 300e9,
  });
  const client = jetstream(connection);
  return (channel, data) =>
    client.publish(`bench.${channel}`, JSON.stringify(data));
}

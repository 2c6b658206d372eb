/**
 * Prints how many of 200 chunks a client keeps whose streams nobody asked for, and how many of 40 it delivers of one that was asked for.
 *
 * @module
 */

import process from "node:process";
import type { Untyped } from "../../../core/types/realtime.ts";
import { readAll } from "./client.ts";
import { frame, startFakeGateway } from "./fake_gateway.ts";
import { joined } from "./joining.ts";
import { collectGarbage } from "../process/programs.ts";

const gateway = await startFakeGateway();
const { subscription, peer } = await joined(gateway);
const reader: ReadableStreamDefaultReader<Untyped> = subscription.getReader();
let offset = 0;

/** Publishes a stream without its end, which the app passes over; returns the chunks' data, weakly held. */
async function pass(id: string, count: number): Promise<WeakRef<object>[]> {
  const chunks: WeakRef<object>[] = [];
  for (let i = 0; i < count; i++) {
    const kind = i === 0 ? "datastream-start" : "chunk";
    const data = i === 0 ? id : { text: `chunk ${i}` };
    peer.send(frame(++offset, data, { kind, stream_id: id }));
    const { value } = await reader.read();
    if (i > 0) chunks.push(new WeakRef<object>(value.data));
  }
  return chunks;
}

const refs: WeakRef<object>[] = [];
for (let i = 0; i < 20; i++) refs.push(...await pass(`s${i}`, 11));
peer.send(
  frame(++offset, "c", { kind: "datastream-start", stream_id: "c" }),
);
const { stream } = (await reader.read()).value;
for (let i = 0; i < 40; i++) {
  peer.send(frame(++offset, { i }, { kind: "chunk", stream_id: "c" }));
  await reader.read();
}
peer.send(frame(++offset, "c", { kind: "datastream-end", stream_id: "c" }));
const read = (await readAll(stream)).length;
// Objects of the last turn are kept until it ends.
await new Promise((resolve) => setTimeout(resolve));
collectGarbage();
const kept = refs.filter((ref) => ref.deref()).length;
console.log(JSON.stringify({ kept, read }));
process.exit(0);

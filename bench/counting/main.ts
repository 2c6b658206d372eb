/**
 * Prints the CPU time, in microseconds, that the gateway takes to count one message for its metrics: the message itself, its deliveries to
 * the connections of one wire, and how long the broker took.
 *
 * @module
 */

import process from "node:process";
import { Hub } from "../../server/fan_out/hub.ts";
import { MemoryBroker } from "../../server/brokers/memory.ts";
import { Counts } from "../../server/events/counts.ts";

const MESSAGES = 2_000_000;
const SUBSCRIBERS = 1_000;

function countMessages(counts: Counts, { delivered }: Hub): void {
  for (let message = 0; message < MESSAGES; message++) {
    const began = performance.now();
    counts.brokerPublish.add((performance.now() - began) / 1000);
    counts.published.http++;
    delivered.websocket += SUBSCRIBERS;
  }
}

const counts = new Counts();
const hub = new Hub(new MemoryBroker());
// The first messages only make the runtime compile the code.
countMessages(counts, hub);
const before = process.cpuUsage();
countMessages(counts, hub);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / MESSAGES);
await hub.broker.close();

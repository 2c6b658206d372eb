/**
 * Runs a gateway's broker in a process of its own, which follows a channel and then waits to be killed:
 * `redis_follower.ts <url> <channel> <check interval in milliseconds>`.
 *
 * @module
 */
import process from "node:process";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { listen } from "./broker_contract.ts";

const [url = "", channel = "", checkMs] = process.argv.slice(2);
const broker = new RedisBroker({ url, checkInterval: `${Number(checkMs)}ms` });
await broker.subscribe(channel, listen());
broker.announce(channel, new Map([["", 1], ["t", 1]]));

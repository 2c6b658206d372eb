/**
 * Programs of an app that has installed the package.
 *
 * @module
 */

/** Publishes to the gateway at the URL of its argument, subscribes and prints what it receives. */
export const PUBLISH_AND_ITERATE = `
import process from "node:process";
import { channel, createRealtime, getSubscriptionToken, subscribe, topic } from "@tidings/realtime";

const users = channel((id) => \`user:\${id}\`).addTopic(topic("ai"));
const realtime = createRealtime({ url: process.argv[2] });
await realtime.publish(users("1").ai("first"));
const token = await getSubscriptionToken(realtime, { channel: users("1"), topics: ["ai"] });
const stream = await subscribe(token, { from: "start" });
await realtime.publish(users("1").ai("second"));
const received = [];
for await (const { data } of stream) {
  if (received.push(data) === 2) break;
}
console.log(JSON.stringify(received));
`;

/** The exports that \`require()\` loads. The gateway's would start it. */
export const REQUIRED = [
  "",
  "/middleware",
  "/server",
  "/server/redis",
  "/server/sqlite",
  "/testing",
];

/** Loads each of them by \`require()\` and prints how many of them have exports. */
export const REQUIRE = `
const names = ${JSON.stringify(REQUIRED)};
const loaded = names.map((name) => require("@tidings/realtime" + name));
console.log(loaded.filter((exports) => Object.keys(exports).length > 0).length);
`;

/** Imports the module of its argument and prints the message of the error. */
export const IMPORT = `
import process from "node:process";
await import("@tidings/realtime" + process.argv[2]).then(
  () => console.log("loaded"),
  (error) => console.log(error.message),
);
`;

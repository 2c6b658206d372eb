/** @import { Watched } from "./address.js" */
import { IS_ADMIN_PAGE } from "../parts/key.js";

/** The keys stay in the shell's environment: the page doesn't write them anywhere. */
const AS_SERVER = IS_ADMIN_PAGE
  ? ' -H "Authorization: Bearer $REALTIME_SIGNING_KEY"'
  : "";
const AS_OPERATOR = IS_ADMIN_PAGE
  ? ' -H "Authorization: Bearer $REALTIME_ADMIN_KEY"'
  : "";

/**
 * Quotes any text as an argument for a POSIX shell.
 *
 * @param {string} text
 */
function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * @param {URL} gateway
 * @param {string} path
 * @param {Record<string, string>} query
 */
function urlOf(gateway, path, query) {
  const fields = new URLSearchParams(query).toString();
  // In a query, these characters need no escape and read better without.
  const text = fields.replaceAll("%3A", ":").replaceAll("%2F", "/");
  return `${new URL(path, gateway).href}${text && `?${text}`}`;
}

/**
 * Returns the command that publishes the form's message.
 *
 * @param {URL} gateway
 * @param {string} channel
 * @param {string} topic
 * @param {string} body
 */
export function publishCommand(gateway, channel, topic, body) {
  const url = urlOf(gateway, "v1/realtime/publish", { channel, topic });
  // curl reads data that begins with @ from a file.
  const option = body.startsWith("@") ? "--data-raw" : "-d";
  return `curl ${quote(url)}${AS_SERVER} ${option} ${quote(body)}`;
}

/**
 * Returns the command that publishes its standard input as a data stream, line by line.
 *
 * @param {URL} gateway
 * @param {string} channel
 * @param {string} topic
 */
export function streamCommand(gateway, channel, topic) {
  const url = urlOf(gateway, "v1/realtime/publish", { channel, topic });
  return `curl ${
    quote(url)
  }${AS_SERVER} -X POST -T - -H 'content-type: text/stream'`;
}

/**
 * Returns the commands that subscribe like the page, by Server-Sent Events.
 *
 * @param {URL} gateway
 * @param {Watched} watched
 */
export function watchCommand(gateway, { channel, topics, from }) {
  if (channel === "") {
    return `curl -N ${urlOf(gateway, "v1/admin/messages", {})}${AS_OPERATOR}`;
  }
  const claims = JSON.stringify(topics.map((name) => ({ channel, name })));
  const token = urlOf(gateway, "v1/realtime/token", {});
  /** @type {Record<string, string>} */
  const query = from === "live" ? {} : { since: from };
  const sse = urlOf(gateway, "v1/realtime/sse", query);
  return `TOKEN=$(curl -s ${token}${AS_SERVER} -d ${
    quote(claims)
  } | cut -d'"' -f4)
curl -N ${quote(sse)} -H "Authorization: Bearer $TOKEN"`;
}

/**
 * Returns the program that subscribes like the page, or to where it publishes while it shows all channels: a program names its channel.
 *
 * @param {URL} gateway
 * @param {Watched} watched
 */
export function snippet(gateway, { channel, topics, from }) {
  const url = JSON.stringify(gateway.href.replace(/\/$/, ""));
  const names = topics.map((topic) => JSON.stringify(topic)).join(", ");
  const where = `{ channel: ${JSON.stringify(channel)}, topics: [${names}] }`;
  return `import { createRealtime, getSubscriptionToken, subscribe } from "@tidings/realtime";
const app = createRealtime({ url: ${url} });
const token = await getSubscriptionToken(app, ${where});
for await (const message of await subscribe(token${optionsOf(from)})) {
  console.log(message.topic, message.data);
}`;
}

/** @param {string} from */
function optionsOf(from) {
  if (from === "live") return "";
  const last = /^last:(\d+)$/.exec(from);
  return `, { from: ${last ? `{ last: ${last[1]} }` : JSON.stringify(from)} }`;
}

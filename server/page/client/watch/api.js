import { ApiError, request } from "../parts/request.js";

/**
 * Mints a token, which takes no key in development mode.
 *
 * @param {string} channel
 * @param {readonly string[]} topics
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export async function mintToken(channel, topics, signal) {
  const claims = topics.map((name) => ({ channel, name }));
  const response = await request("v1/realtime/token", {
    method: "POST",
    body: JSON.stringify(claims),
    signal,
  });
  return (await response.json()).jwt;
}

/**
 * Publishes a message.
 *
 * @param {string} channel
 * @param {string} topic
 * @param {string} body JSON or text.
 * @returns {Promise<string>} The message's id.
 */
export async function publish(channel, topic, body) {
  const query = new URLSearchParams({ channel, topic });
  const response = await request(`v1/realtime/publish?${query}`, {
    method: "POST",
    body,
  });
  return (await response.json()).id;
}

/**
 * Publishes several messages in one request.
 *
 * @param {readonly object[]} lines
 * @returns {Promise<string[]>} The messages' ids. Rejects with the first error among the answers.
 */
export async function publishBatch(lines) {
  const response = await request("v1/realtime/publish/batch", {
    method: "POST",
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  const text = (await response.text()).trim();
  return text.split("\n").map((line) => {
    const { id, error } = JSON.parse(line);
    if (error) throw new ApiError(error.code, error.message);
    return id;
  });
}

/** @import { ChannelDetail, ChannelList, Overview, SessionDetail, SessionList, TokenReport } from "../../../admin/answers.ts" */
import { keyHeaders } from "./key.js";
import { readJson, request } from "./request.js";

/**
 * Sends a request to the admin API, with the key if there is one.
 *
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export function adminRequest(path, init) {
  return request(`v1/admin/${path}`, { ...init, headers: keyHeaders() });
}

/**
 * @template T
 * @param {string} path
 * @param {Record<string, string | number | undefined>} [query] Fields that are empty are left out.
 * @returns {Promise<T>}
 */
async function read(path, query = {}) {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") fields.set(name, String(value));
  }
  return await readJson(await adminRequest(`${path}?${fields}`));
}

/** @returns {Promise<Overview>} */
export function readOverview() {
  return read("overview");
}

/**
 * @param {{ sort: string, search?: string, after: string | undefined, limit: number }} query
 * @returns {Promise<ChannelList>}
 */
export function readChannels(query) {
  return read("channels", query);
}

/**
 * @param {string} name
 * @returns {Promise<ChannelDetail>}
 */
export function readChannel(name) {
  return read("channel", { name });
}

/**
 * @param {{ channel?: string, subject?: string, after: string | undefined, limit: number }} query
 * @returns {Promise<SessionList>}
 */
export function readSessions(query) {
  return read("sessions", query);
}

/**
 * @param {string} id
 * @returns {Promise<SessionDetail>}
 */
export function readSession(id) {
  return read(`sessions/${encodeURIComponent(id)}`);
}

/**
 * Closes a connection.
 *
 * @param {string} id
 */
export async function disconnect(id) {
  await adminRequest(`sessions/${encodeURIComponent(id)}`, {
    method: "DELETE",
  });
}

/**
 * Asks why a client sees nothing. The token goes in the body: it never stands in a URL.
 *
 * @param {{ token: string } | { subject: string }} client
 * @returns {Promise<TokenReport>}
 */
export async function readReport(client) {
  const response = await adminRequest("token", {
    method: "POST",
    body: JSON.stringify(client),
  });
  return await readJson(response);
}

/** @import { ChannelDetail, GrantAnswer, TokenReport } from "../../../admin/answers.ts" */
import { readChannel, readReport } from "../parts/admin_api.js";
import { ApiError } from "../parts/request.js";

/**
 * The gateway's knowledge about a client.
 *
 * @typedef {object} Findings
 * @property {TokenReport} report
 * @property {readonly ChannelFinding[]} channels The channels that it follows or may follow, the first ones.
 *
 * @typedef {object} ChannelFinding
 * @property {GrantAnswer} grant
 * @property {ChannelDetail | undefined} channel Absent for a channel that nobody follows and that has no log.
 */

const MAX_CHANNELS = 5;

/**
 * Asks the gateway about a client, and about the channels that it should get messages of.
 *
 * @param {{ token: string } | { subject: string }} client
 */
export async function findOut(client) {
  const report = await readReport(client);
  const grants = grantsIn(report).slice(0, MAX_CHANNELS);
  const channels = await Promise.all(grants.map(async (grant) => ({
    grant,
    channel: await find(grant.channel),
  })));
  return { report, channels };
}

/**
 * Returns what the token grants, or what the sessions follow.
 *
 * @param {TokenReport} report
 */
function grantsIn({ claims, sessions }) {
  if (claims) return claims.subscribe;
  /** @type {Map<string, Set<string>>} */
  const channels = new Map();
  for (const { subscriptions } of sessions) {
    for (const { channel, topics } of subscriptions) {
      const known = channels.get(channel) ?? new Set();
      channels.set(channel, new Set([...known, ...topics]));
    }
  }
  return [...channels].map(([channel, topics]) => ({
    channel,
    topics: [...topics],
  }));
}

/** @param {string} name */
async function find(name) {
  try {
    return await readChannel(name);
  } catch (error) {
    if (error instanceof ApiError && error.code === "not_found") {
      return undefined;
    }
    throw error;
  }
}

/** @import { GatewayAnswer, GatewayOverview } from "../../../admin/answers.ts" */
/** @import { Drawer } from "./drawer.js" */
import { readOverview } from "./admin_api.js";
import { byId, setText } from "./dom.js";
import { formatAgo, formatCount, formatNumber } from "./format.js";

/**
 * Shows how many gateways there are, and whether all of them answered.
 *
 * @param {readonly GatewayAnswer[]} gateways
 */
export function showGatewayCount(gateways) {
  const button = byId("gateways", HTMLButtonElement);
  const silent = gateways.filter(({ answered }) => !answered).length;
  const all = formatCount(gateways.length, "gateway");
  setText(
    button,
    silent === 0
      ? all
      : `${silent} of ${all} ${silent === 1 ? "doesn’t" : "don’t"} answer`,
  );
  button.dataset.tone = silent === 0 ? "" : "bad";
  button.hidden = false;
}

/**
 * Opens the drawer with all gateways of the broker.
 *
 * @param {Drawer} drawer
 */
export function openGateways(drawer) {
  drawer.open({
    kind: "Broker",
    title: "Gateways",
    load: async () => {
      const overview = await readOverview();
      const { broker, connections, channels, gateways } = overview;
      showGatewayCount(gateways);
      return {
        facts: [
          ["Broker", broker.ok ? broker.name : `${broker.name}, which fails`],
          ["It says", broker.detail],
          ["Connections", formatNumber(connections)],
          ["Channels in use", formatNumber(channels)],
        ],
        listTitle: "Gateways",
        columns: ["Gateway", "State", "Connections", "Version", "Started"],
        rows: gateways.map(rowOf),
      };
    },
  });
}

/** @param {GatewayOverview} gateway */
function rowOf(gateway) {
  const { id, host, url, self, answered, draining } = gateway;
  const name = [url, host, url ?? host ? undefined : id]
    .filter((part) => part !== undefined).join(", ");
  return [
    self ? `${name} (this one)` : name,
    !answered ? "doesn’t answer" : draining ? "draining" : "answers",
    gateway.connections === undefined ? "–" : formatNumber(gateway.connections),
    [gateway.version, gateway.runtime].filter(Boolean).join(", "),
    gateway.since === undefined ? "–" : formatAgo(gateway.since),
  ];
}

import { byId, setText } from "../parts/dom.js";
import { formatSpan } from "../parts/format.js";
import { quantile } from "./latency.js";

/**
 * Shows how long the page's own messages took.
 *
 * @param {readonly number[]} own Milliseconds.
 */
export function showLatency(own) {
  const [median, most] = [quantile(own, 0.5), quantile(own, 0.95)];
  setText(
    byId("latency", HTMLElement),
    `Publish to here: median ${formatSpan(median)}, 95% within ${
      formatSpan(most)
    }`,
  );
}

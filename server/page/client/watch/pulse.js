import { byId } from "../parts/dom.js";
import { hueOf } from "../parts/format.js";

const SVG = "http://www.w3.org/2000/svg";
const BARS = 60;
const BAR_WIDTH = 4;
const HEIGHT = 22;
/** The latency that fills the height. The scale is logarithmic, so that one slow message doesn't flatten the others. */
const TALLEST_MS = 1_000;

/** A chart with a bar for each of the newest messages: its height is the latency, its color the topic's. */
export class Pulse {
  #view = byId("pulse", SVGSVGElement);
  /** The bars' messages, oldest first. @type {{ topic: string, ms: number }[]} */
  #newest = [];
  #isScheduled = false;

  /**
   * @param {string} topic
   * @param {number} ms
   */
  beat(topic, ms) {
    this.#newest.push({ topic, ms });
    if (this.#newest.length > BARS) this.#newest.shift();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#isScheduled = false;
    const free = BARS - this.#newest.length;
    this.#view.replaceChildren(...this.#newest.map(({ topic, ms }, index) => {
      const share = Math.log10(1 + ms) / Math.log10(1 + TALLEST_MS);
      const height = Math.min(HEIGHT, 2 + share * (HEIGHT - 2));
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("class", `topic hue-${hueOf(topic)}`);
      bar.setAttribute("x", String((free + index) * BAR_WIDTH));
      bar.setAttribute("y", String(HEIGHT - height));
      bar.setAttribute("width", String(BAR_WIDTH - 1));
      bar.setAttribute("height", String(height));
      return bar;
    }));
  }
}
